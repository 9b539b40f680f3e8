import { MAX_PATH_CHARACTERS } from '../../src/audit-log/queries.ts'
import { hashPassword } from '../../src/auth/passwords.ts'
import { emailKey } from '../../src/email.ts'
import { quoted, type RunSql } from './run.ts'

export interface StaffAccount {
  email: string
  name?: string | undefined
  password?: string | undefined
}

export async function accountExists(run: RunSql, email: string): Promise<boolean> {
  const [rows] = await run([`SELECT id FROM users WHERE email_key = ${quoted(emailKey(email))}`])
  return rows!.length > 0
}

/** SQL that creates a staff account. */
export async function insertStaff({ email, name, password }: Required<StaffAccount>): Promise<string> {
  return `INSERT INTO users (email, email_key, name, phone, password_hash, is_staff, created_at)
     VALUES (${quoted(email)}, ${quoted(emailKey(email))}, ${quoted(name ?? email)}, '0', ${quoted(await hashPassword(password!))}, 1, ${Date.now()})`
}

/** Whether anybody could have registered this account: it is no staff, and its e-mail is not confirmed. */
export async function isUnproven(run: RunSql, email: string): Promise<boolean> {
  const [rows] = await run([
    `SELECT id FROM users WHERE email_key = ${quoted(emailKey(email))} AND NOT is_staff AND email_confirmed_at IS NULL`,
  ])
  return rows!.length > 0
}

/** SQL that makes an account staff and changes what is given. A new password ends every session of the account. */
export async function promote({ email, name, password }: StaffAccount): Promise<string[]> {
  const account = `(SELECT id FROM users WHERE email_key = ${quoted(emailKey(email))})`
  const changes = ['is_staff = 1']
  if (name !== undefined) changes.push(`name = ${quoted(name)}`)
  if (password === undefined) return [`UPDATE users SET ${changes.join(', ')} WHERE id = ${account}`]
  changes.push(
    `password_hash = ${quoted(await hashPassword(password))}`,
    'password_version = password_version + 1',
  )
  return [
    `UPDATE users SET ${changes.join(', ')} WHERE id = ${account}`,
    `UPDATE sessions SET revoked_at = ${Date.now()} WHERE user_id = ${account} AND revoked_at IS NULL`,
  ]
}

/**
 * Adds an entry to the audit log, cut to its bound. Its actor is null, because a command has no account. With an e-mail
 * the entry also has the id of that account, by which the deletion of the account finds the entry.
 */
export function recordCommand(command: string, email = ''): string {
  const path = [...command].slice(0, MAX_PATH_CHARACTERS).join('')
  return `INSERT INTO audit_log (method, path, body, at) VALUES ('COMMAND', ${quoted(path)},
    (SELECT json_object('user_id', id) FROM users WHERE email_key = ${quoted(emailKey(email))}), ${Date.now()})`
}

export function demote(email: string): string {
  return `UPDATE users SET is_staff = 0 WHERE email_key = ${quoted(emailKey(email))}`
}
