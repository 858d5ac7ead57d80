// A service on SCIMMY for the check of package scimtest: groups in a map, whose names are unique.
// Usage: npm install, then node server.js [PORT]; the token is "secret".
import { randomUUID } from "node:crypto";
import express from "express";
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";

const groups = new Map();

const found = (id) => {
  const group = groups.get(id);
  if (!group) throw new SCIMMY.Types.Error(404, null, `group ${id} not found`);
  return group;
};

SCIMMY.Resources.declare(SCIMMY.Resources.Group)
  .ingress((resource, data) => {
    const former = resource.id && found(resource.id);
    const name = data.displayName.toLowerCase();
    for (const other of groups.values()) {
      if (other !== former && other.displayName.toLowerCase() === name) {
        throw new SCIMMY.Types.Error(409, "uniqueness", "the name is taken");
      }
    }
    const now = new Date().toISOString();
    const { externalId, displayName, members } = JSON.parse(JSON.stringify(data));
    const group = { id: former?.id ?? randomUUID(), externalId, displayName, members: members ?? [],
      meta: { created: former?.meta.created ?? now, lastModified: now } };
    groups.set(group.id, group);
    return structuredClone(group);
  })
  .egress((resource) => {
    if (resource.id) return structuredClone(found(resource.id));
    const all = [...groups.values()].map((group) => structuredClone(group));
    return resource.filter?.match(all) ?? all;
  })
  .degress((resource) => {
    found(resource.id);
    groups.delete(resource.id);
  });

const authenticate = (request) => {
  if (request.header("Authorization") !== "Bearer secret") throw new Error("wrong token");
  return "somebody";
};

const app = express();
app.use("/scim", new SCIMMYRouters({ type: "bearer", handler: authenticate }));
app.listen(Number(process.argv[2] ?? 8081), "127.0.0.1");
