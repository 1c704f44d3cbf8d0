import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findBrokenLinks } from "./lib/links.ts";
import { anchorsOf } from "./lib/markdown.ts";
import { findOutsiders } from "./lib/outside.ts";
import { readTree, root } from "./lib/tree.ts";
import { formatViolations } from "./lib/violation.ts";

const linksIn = (text: string) =>
  findBrokenLinks(
    [
      { path: "docs/planted.md", text },
      { path: "docs/guides/other.md", text: "# Other page\n\n## Retry `now`, or later?\n\n## Twice\n\n## Twice\n" },
    ],
    (path) => ["docs/planted.md", "docs/guides/other.md", "docs/guides", "README.md"].includes(path),
  );

describe("links", () => {
  it("lead somewhere in this repository", () => {
    expect(formatViolations(findBrokenLinks(readTree(), (path) => existsSync(join(root, path))))).toEqual([]);
  });

  it.each([
    ["[gone](guides/gone.md)"],
    ["[no heading](guides/other.md#missing)"],
    ["[out](../../elsewhere.md)"],
    ["[absolute](/docs/planted.md)"],
    ["[file](file:///etc/passwd)"],
    ["See [gone][1].\n\n[1]: guides/gone.md"],
    ['<img src="gone.png">'],
  ])("notices %s", (text) => {
    expect(linksIn(text)).toHaveLength(1);
  });

  it.each([
    ["[page](guides/other.md)"],
    ["[folder](guides)"],
    ["[heading](guides/other.md#retry-now-or-later)"],
    ["[second](guides/other.md#twice-1)"],
    ["# Here\n\n[self](#here)"],
    ["[web](https://www.postgresql.org/docs/)"],
    ["`[code](nowhere.md)`"],
    ["```\n[fenced](nowhere.md)\n```"],
  ])("accepts %s", (text) => {
    expect(linksIn(text)).toEqual([]);
  });

  it("takes a heading inside a fence for what it is", () => {
    expect(anchorsOf("# Real\n\n```sh\n# comment\n```\n")).toEqual(new Set(["real"]));
  });
});

describe("outsiders", () => {
  it("are absent from this repository", () => {
    expect(formatViolations(findOutsiders(readTree()))).toEqual([]);
  });

  it.each([
    [`cd /${"work"}/main`],
    [`const folder = "/${"tmp"}/data";`],
    [`https://registry.${"npmjs"}.org/pg`],
    ["see issue 12"],
    ["as design.md says"],
  ])("notices %s", (text) => {
    expect(findOutsiders([{ path: "docs/planted.md", text }])).toHaveLength(1);
  });

  it.each([[`https://example.com/${"work"}/list`], [`0 3 * * * ${"/"}home/app/backup.sh`], [`packages/${"tmp"}/x`]])(
    "accepts %s",
    (text) => {
      expect(findOutsiders([{ path: "docs/planted.md", text }])).toEqual([]);
    },
  );
});
