import type { MiddlewareHandler } from 'hono'
import { accepts } from 'hono/accepts'
import type { AppEnv } from './app-env.ts'
import { AppError } from '../errors.ts'

/** Every answer is JSON: refuses a client that takes nothing of the kind (RFC 9110, section 15.5.7). */
export const requireAcceptsJson: MiddlewareHandler<AppEnv> = async (c, next) => {
  const chosen = accepts(c, {
    header: 'Accept',
    supports: ['application/json', 'application/problem+json', '*/*'],
    default: '',
  })
  if (chosen === '' && c.req.header('Accept'))
    throw new AppError('not_acceptable', 'Answers are application/json.')
  await next()
}
