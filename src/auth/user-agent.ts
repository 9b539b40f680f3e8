import type { Context } from 'hono'
import type { AppEnv } from '../http/app-env.ts'

/** The maximum length of the stored User-Agent. */
const USER_AGENT_CHARACTERS = 255

/** The User-Agent as a session stores it. */
export function userAgentOf(c: Context<AppEnv>): string {
  return (c.req.header('User-Agent') ?? '').slice(0, USER_AGENT_CHARACTERS)
}
