import { sql } from 'kysely'
import { build } from '../db/build.ts'
import type { Db } from '../db/client.ts'
import { insertSession } from './sessions.ts'
import type { TokenSource } from './tokens.ts'

/**
 * Creates a guest, a customer without an e-mail and a password, with a session and an empty cart. The guest can
 * neither log in nor start another session, so the tokens are the only way to them.
 */
export async function startGuest(db: Db, user_agent: string, now: number): Promise<TokenSource> {
  const [, [session]] = await db.batch([
    build.insertInto('users').values({ email: '', name: '', phone: '', created_at: now }),
    insertSession({ user_id: sql`(SELECT max(id) FROM users)`, password_version: 0, user_agent, now }),
  ])
  return session!
}
