import type { FastifyInstance } from "fastify";

/** Whether this node can serve now, with the reason in words when it cannot. */
export type Readiness = { ready: boolean; detail: string };

export type HealthParts = {
  /** Asks the database, so it may take as long as that does; it must not reject. */
  isReady(): Promise<Readiness>;
  isDraining(): boolean;
  /** The node's metrics in the Prometheus text format. */
  metrics?(): string;
};

/**
 * What load balancers, orchestrators and scrapers ask, without a key.
 *
 * - `/healthz`: the process answers. Never asks the database: restarting every node does not mend a database.
 * - `/readyz`: 200 when this node can serve, else 503. Draining says 503 first, so that traffic moves away before the port closes.
 */
export function registerHealth(app: FastifyInstance, parts: HealthParts): void {
  app.get("/healthz", () => ({ status: "ok" }));
  app.get("/readyz", async (_request, reply) => {
    const readiness = parts.isDraining() ? { ready: false, detail: "This node is stopping." } : await parts.isReady();
    return reply.code(readiness.ready ? 200 : 503).send(readiness);
  });
  const { metrics } = parts;
  if (metrics) app.get("/metrics", (_request, reply) => reply.type("text/plain; version=0.0.4; charset=utf-8").send(metrics()));
}
