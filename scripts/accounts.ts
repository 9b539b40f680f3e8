import { hashPassword } from '../src/auth/passwords.ts'
import { toKey } from '../src/text.ts'

/** Runs one SQL statement and gives its rows: on the local database, or by wrangler on a remote one. */
export type Run = (statement: string) => Promise<Record<string, unknown>[]>

export interface StaffAccount {
  email: string
  name?: string | undefined
  password?: string | undefined
}

/** A string as a SQL literal. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

export async function accountExists(run: Run, email: string): Promise<boolean> {
  return (await run(`SELECT id FROM users WHERE email_key = ${quoted(toKey(email))}`)).length > 0
}

/** Makes a staff account. */
export async function insertStaff(
  run: Run,
  { email, name, password }: Required<StaffAccount>,
): Promise<void> {
  await run(
    `INSERT INTO users (email, email_key, name, phone, password_hash, is_staff, created_at)
     VALUES (${quoted(email)}, ${quoted(toKey(email))}, ${quoted(name ?? email)}, '0', ${quoted(await hashPassword(password!))}, 1, ${Date.now()})`,
  )
}

/** Makes an account staff; changes only what is given. A new password ends every login of the account. */
export async function promote(run: Run, { email, name, password }: StaffAccount): Promise<void> {
  const changes = ['is_staff = 1']
  if (name !== undefined) changes.push(`name = ${quoted(name)}`)
  if (password !== undefined) {
    changes.push(
      `password_hash = ${quoted(await hashPassword(password))}`,
      'password_version = password_version + 1',
    )
  }
  const account = `(SELECT id FROM users WHERE email_key = ${quoted(toKey(email))})`
  await run(`UPDATE users SET ${changes.join(', ')} WHERE id = ${account}`)
  if (password !== undefined) {
    await run(
      `UPDATE logins SET revoked_at = ${Date.now()} WHERE user_id = ${account} AND revoked_at IS NULL`,
    )
  }
}

/** Leaves a line in the trail of what staff did. The account that acted is nobody's: it is whoever runs the command. */
export async function recordCommand(run: Run, command: string): Promise<void> {
  await run(
    `INSERT INTO staff_actions (method, path, at) VALUES ('COMMAND', ${quoted(command)}, ${Date.now()})`,
  )
}

export async function demote(run: Run, email: string): Promise<void> {
  await run(`UPDATE users SET is_staff = 0 WHERE email_key = ${quoted(toKey(email))}`)
}
