import { describe, expect, test } from "vitest";
import { readDatabaseUrl } from "../../src/store/database-url.ts";

const urls = (text: string): unknown => {
  const read = readDatabaseUrl(text);
  return "fault" in read ? read.fault : read.servers.map(({ url }) => url);
};

describe("a database URL", () => {
  test.each([
    "postgres://punctual@db.internal/punctual",
    "postgresql://punctual:p%40ss:w@db.internal:6432/punctual?sslmode=no-verify",
    "postgres://[::1]:5433/punctual",
    "postgres:///punctual?host=/var/run/postgresql",
    "postgres://punctual@%2Fvar%2Frun%2Fpostgresql/punctual",
  ])("with one server is left as it is: %s", (text) => {
    expect(urls(text)).toEqual([text]);
  });

  test("with several servers is one URL for each of them, with all the rest", () => {
    expect(urls("postgres://u:p@h1:5433,[::1],h3:5435/db?sslmode=require&target_session_attrs=read-write&application_name=x")).toEqual([
      "postgres://u:p@h1:5433/db?sslmode=require&application_name=x",
      "postgres://u:p@[::1]/db?sslmode=require&application_name=x",
      "postgres://u:p@h3:5435/db?sslmode=require&application_name=x",
    ]);
    expect(urls("postgres://u@h1,h2/db?target_session_attrs=primary")).toEqual(["postgres://u@h1/db", "postgres://u@h2/db"]);
  });

  test.each([
    ["mysql://u:hidden@h/db", "postgres://user:password@host:port/database"],
    ["postgres://u:hidden@h1:5432,,h2/db", 'server 2 of 3, not ""'],
    ["postgres://u:hidden@h1:0,h2/db", 'server 1 of 2, not "h1:0"'],
    ["postgres://u:hidden@h1,h2:65536/db", 'server 2 of 2, not "h2:65536"'],
    ["postgres://u:hidden@h1:port/db", 'server 1 of 1, not "h1:port"'],
    ["postgres://u:hidden@::1,h2/db", 'server 1 of 2, not "::1"'],
    ["postgres://u:hidden@h1,h2/db?target_session_attrs=any", 'read-write or primary, not "any"'],
    ["postgres://u:hidden@h/db?target_session_attrs=standby", 'read-write or primary, not "standby"'],
    ["postgres://u:hidden@/db?host=h1,h2", "named before the path"],
    ["postgres://u:hidden@h1,h2/db?host=/run", "named before the path"],
    ["postgres://u:hidden@h1/%ff", "percent-encoded"],
  ])("that cannot be used says what was expected, and nothing of the password: %s", (text, said) => {
    expect(urls(text)).toContain(said);
    expect(urls(text)).not.toContain("hidden");
  });
});
