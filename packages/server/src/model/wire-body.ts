/** A payload as it goes on the wire: a JSON string as plain text, any other JSON value as it is stored; null for none. */
export function wireBody(json: string | null): { payload: string | null; contentType: string | null } {
  if (json === null) return { payload: null, contentType: null };
  if (json.startsWith('"')) return { payload: JSON.parse(json) as string, contentType: "text/plain; charset=utf-8" };
  return { payload: json, contentType: "application/json" };
}
