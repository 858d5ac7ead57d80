// Package scimtest checks SCIM services for groups over HTTP.
package scimtest
