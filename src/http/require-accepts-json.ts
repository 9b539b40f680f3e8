import type { MiddlewareHandler } from 'hono'
import { accepts } from 'hono/accepts'
import type { AppEnv } from './app-env.ts'
import { AppError } from '../errors.ts'

/** Every response is JSON: refuses a client that does not accept it (RFC 9110, section 15.5.7). */
export const requireAcceptsJson: MiddlewareHandler<AppEnv> = async (c, next) => {
  const chosen = accepts(c, {
    header: 'Accept',
    supports: ['application/json', 'application/problem+json', '*/*'],
    default: '',
  })
  if (chosen === '' && c.req.header('Accept'))
    throw new AppError(
      'not_acceptable',
      'Responses are application/json. Accept that, or send no Accept header.',
    )
  await next()
}
