/** One server of a URL: `url` is the whole URL with no other server in it, `name` is what may be shown of it. */
export type DatabaseServer = { url: string; name: string };

/** What a database URL says, or the fault for whoever wrote it; never with a part of the password. */
export type ReadUrl = { servers: [DatabaseServer, ...DatabaseServer[]] } | { fault: string };

const form = "postgres://user:password@host:port/database";
const parts = /^(postgres(?:ql)?:\/\/)([^/?#]*)([^?#]*)(?:\?([^#]*))?/;
const place = /^(?:\[[\da-fA-F:.]+\]|[^:[\]]+)(?::(\d+))?$/;

/**
 * Reads a database URL as libpq does where `pg` does not: several servers (`h1:5432,h2`), of which connections go to the one that takes writes. Everything
 * else of it is left to `pg`.
 *
 * `target_session_attrs` may say `read-write` or `primary`, which is what happens anyway.
 */
export function readDatabaseUrl(text: string): ReadUrl {
  const [, scheme, authority, path, query = ""] = parts.exec(text) ?? [];
  if (scheme === undefined || authority === undefined || path === undefined) return { fault: form };
  const at = authority.lastIndexOf("@") + 1;
  const credentials = authority.slice(0, at);
  const hosts = authority.slice(at).split(",");
  const parameters = new URLSearchParams(query);

  const wanted = parameters.get("target_session_attrs");
  if (wanted !== null && !["read-write", "primary"].includes(wanted)) {
    return { fault: `target_session_attrs to be read-write or primary, not ${JSON.stringify(wanted)}: a node writes` };
  }
  const elsewhere = parameters.get("host");
  if (elsewhere?.includes(",") || (elsewhere !== null && hosts.length > 1)) {
    return { fault: "several servers to be named before the path (h1:5432,h2:5432), not in ?host=" };
  }
  if (hosts.length > 1 || hosts[0] !== "") {
    for (const [index, host] of hosts.entries()) {
      const port = place.exec(host)?.[1] ?? (place.test(host) ? "5432" : null);
      if (port === null || Number(port) < 1 || Number(port) > 65_535) {
        return { fault: `host:port with a port from 1 to 65535 for server ${index + 1} of ${hosts.length}, not ${JSON.stringify(host)}` };
      }
    }
  }
  if (databaseOf(path) === null) return { fault: "a name of a database that is percent-encoded rightly" };
  const rest = query
    .split("&")
    .filter((parameter) => !parameter.startsWith("target_session_attrs="))
    .join("&");
  const [first = "", ...others] = hosts;
  const server = (host: string): DatabaseServer => ({
    url: `${scheme}${credentials}${host}${path}${rest === "" ? "" : `?${rest}`}`,
    name: host || elsewhere || "localhost",
  });
  return { servers: [server(first), ...others.map(server)] };
}

function databaseOf(path: string): string | null {
  try {
    return decodeURI(path.slice(1));
  } catch {
    return null;
  }
}
