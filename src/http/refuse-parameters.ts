import type { MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'
import { InvalidRequest } from '../errors.ts'
import type { AppEnv } from './app-env.ts'
import { unknownParameters } from './query-string.ts'
import { type Validated, validates } from './validate.ts'

/**
 * Refuses every query parameter of a route that takes none. `validate` refuses the unknown ones of the others,
 * together with what is wrong with those it knows. A filter that is ignored would answer with everything.
 */
export const refuseParameters: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (c.req.url.includes('?')) {
    const routes = matchedRoutes(c).filter(({ method }) => method !== 'ALL') // the others are middleware
    const takesQuery = routes.some(({ handler }) => targetOf(handler) === 'query')
    const unknown = takesQuery || routes.length === 0 ? [] : unknownParameters(c.req.url, [])
    if (unknown.length > 0) throw new InvalidRequest(Object.fromEntries(unknown))
  }
  await next()
}

function targetOf(handler: object): Validated['target'] | undefined {
  return validates in handler ? (handler[validates] as Validated).target : undefined
}
