/** In two steps: `asked` at the first SIGTERM or SIGINT, `hurried` at the second. */
export type Leaving = { asked: Promise<void>; hurried: AbortSignal };

/** Listens for the wish that this process ends; from then on its signals end nothing by themselves. */
export function listenForLeaving(): Leaving {
  const hurrying = new AbortController();
  const asked = new Promise<void>((resolve) => {
    let isAsked = false;
    const onSignal = (): void => {
      if (isAsked) hurrying.abort();
      isAsked = true;
      resolve();
    };
    process.on("SIGTERM", onSignal);
    process.on("SIGINT", onSignal);
  });
  return { asked, hurried: hurrying.signal };
}
