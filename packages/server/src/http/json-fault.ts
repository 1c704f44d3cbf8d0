/** Where a text stops being JSON (an offset in UTF-16 units), and what could have stood there. */
export type JsonFault = { offset: number; expected: string };

const blank = /[ \t\n\r]*/y;
const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const literal = /true|false|null/y;
const escapeSequence = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/**
 * The first fault of a text that JSON.parse refused; null if it is JSON after all. V8 names no position for most faults ("Unexpected token 'x', ..."),
 * so this reads the text a second time, but only when it is broken. It recurses: the caller has bounded the depth.
 */
export function locateJsonFault(text: string): JsonFault | null {
  let at = 0;

  function document(): JsonFault | null {
    return value("a value") ?? (skipBlank() < text.length ? fault("the end of the body") : null);
  }

  function value(expected: string): JsonFault | null {
    skipBlank();
    switch (text[at]) {
      case "{":
        return list("}", member);
      case "[":
        return list("]", () => value("a value"));
      case '"':
        return string();
      default:
        return take(number) || take(literal) ? null : fault(expected);
    }
  }

  function list(end: "}" | "]", item: () => JsonFault | null): JsonFault | null {
    at++;
    skipBlank();
    if (text[at] === end) return done();
    while (true) {
      const inner = item();
      if (inner) return inner;
      skipBlank();
      if (text[at] === end) return done();
      if (text[at] !== ",") return fault(`"," or "${end}"`);
      at++;
    }
  }

  function member(): JsonFault | null {
    skipBlank();
    if (text[at] !== '"') return fault("a field name in double quotes");
    const name = string();
    if (name) return name;
    skipBlank();
    if (text[at] !== ":") return fault('":"');
    at++;
    return value("a value");
  }

  function string(): JsonFault | null {
    at++;
    while (at < text.length) {
      const character = text.charAt(at);
      if (character === '"') return done();
      if (character < " ") return fault("an escape such as \\n instead of a control character");
      if (character !== "\\") at++;
      else if (!take(escapeSequence)) return fault("a valid escape");
    }
    return fault("a closing quote");
  }

  function take(pattern: RegExp): boolean {
    pattern.lastIndex = at;
    const matched = pattern.test(text);
    if (matched) at = pattern.lastIndex;
    return matched;
  }

  function skipBlank(): number {
    take(blank);
    return at;
  }

  function done(): null {
    at++;
    return null;
  }

  function fault(expected: string): JsonFault {
    return { offset: at, expected };
  }

  return document();
}
