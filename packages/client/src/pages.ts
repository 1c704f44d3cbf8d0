type Page<T> = { items: T[]; nextCursor: string | null };

/** Walks a list to its end, one request a page, made only when the page before was used up. */
export async function* iteratePages<T, Q extends { cursor?: string }>(
  list: (query: Q) => Promise<Page<T>>,
  query: Q,
): AsyncGenerator<T, void, undefined> {
  let page = await list(query);
  yield* page.items;
  while (page.nextCursor !== null) {
    page = await list({ ...query, cursor: page.nextCursor });
    yield* page.items;
  }
}
