import type { MiddlewareHandler } from 'hono'
import type { Bindings } from '../env.ts'
import type { AppEnv } from './app-env.ts'

/** Answers 404, as if the route did not exist, in a shop that does not use it. */
export function onlyIf(isUsed: (env: Bindings) => boolean): MiddlewareHandler<AppEnv> {
  return async (c, next) => (isUsed(c.env) ? next() : c.notFound())
}
