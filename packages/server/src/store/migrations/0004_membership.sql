-- What others need to notice a crash before the lease ends, and what people want to know of a node.

alter table punctual.nodes
  -- How long a renewal lasts: tells when the last one was. Null for a node of a version that does not say.
  add column ttl_ms bigint,
  -- The server process behind the connection that renews: when a node's process dies, the closed connection ends it at once.
  add column backend_pid int,
  -- As of the last renewal: attempts under way, and how far its own clock is from this database's.
  add column running int,
  add column clock_offset_ms float8;

-- Who could do everything so far may also look after the installation.
update punctual.api_keys set scopes = scopes || '{operate}'
where scopes @> '{read,write}' and not scopes @> '{operate}' and tenant_id = (select min(tenant_id) from punctual.tenants);
