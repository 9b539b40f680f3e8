import { sql } from 'kysely'

/**
 * The e-mail of `actor_id` where `users` is left joined: null without an actor, empty for a guest or a deleted account,
 * whose row may be gone.
 */
export const actorEmail = sql<string | null>`iif(actor_id IS NULL, NULL, ifnull(users.email, ''))`.as('email')
