// Package wire holds the codecs of SCIM group endpoints: it turns paths, parameters
// and bodies into values, and values into bodies, in each dialect of the protocol.
// It does no I/O, knows no operations and calls no hooks.
package wire
