import fc from "fast-check";
import { expect, test } from "vitest";
import { parseAssignment } from "../../src/crontab/assignment.ts";

test.each([
  ["SHELL=/bin/sh", "SHELL", "/bin/sh"],
  ["  PATH = /bin:/usr/bin  ", "PATH", "/bin:/usr/bin"],
  ['MAILTO=""', "MAILTO", ""],
  ["MAILTO=", "MAILTO", ""],
  [`GREETING = " two blanks "  `, "GREETING", " two blanks "],
  ["A='say \"hi\"'", "A", 'say "hi"'],
  [`"MY NAME" = x`, "MY NAME", "x"],
  ["URL=http://h/?a=b", "URL", "http://h/?a=b"],
  ["A=$HOME/bin", "A", "$HOME/bin"],
  ["A=b # no comment", "A", "b # no comment"],
])("%j sets %j to %j", (line, name, value) => {
  expect(parseAssignment(line)).toEqual({ name, value });
});

test.each([["* * * * * A=1 run"], ["@daily A=1 run"], ["=x"], ['A="open'], [`A="closed" rest`], ["just words"], ["A B = c"], [""]])(
  "%j sets nothing",
  (line) => {
    expect(parseAssignment(line)).toBeUndefined();
  },
);

test("a quoted value survives whatever blanks and equal signs it holds", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z_]\w*$/), fc.stringMatching(/^[ \t=#%a-z"\\]*$/), (name, value) => {
      expect(parseAssignment(`${name}='${value}'`)).toEqual({ name, value });
    }),
  );
});
