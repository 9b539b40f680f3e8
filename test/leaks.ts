import { env } from 'cloudflare:workers'

/** The password of every account in the tests. */
export const PASSWORD = 'correct horse battery'

/** What must never appear in a response or in the log. */
const SECRETS = {
  'the key of the tokens': (text: string) => text.includes(env.JWT_SECRET),
  'a token': (text: string) => /\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/.test(text),
  'a password': (text: string) => text.includes(PASSWORD),
  'a hash of a password': (text: string) => text.includes('$scrypt$'),
  SQL: (text: string) =>
    /\bselect\b.+\bfrom\b.+\bwhere\b|\binsert into\b|\bupdate \S+ set\b|\bdelete from\b/i.test(text),
  'an error of D1': (text: string) => text.includes('D1_ERROR'),
  'a stack': (text: string) => /\n\s+at .*:\d+:\d+/.test(text),
}
export type Secret = keyof typeof SECRETS

/** The leaks in this text. */
export function leaks(text: string, allowed: readonly Secret[] = []): string[] {
  return Object.entries(SECRETS)
    .filter(([name, isIn]) => !allowed.includes(name as Secret) && isIn(text))
    .map(([name]) => `${name}: ${text.slice(0, 300)}`)
}
