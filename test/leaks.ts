import { env } from 'cloudflare:workers'

/** Of every account that tests make. */
export const PASSWORD = 'correct horse battery'

/** What the shop may give away to nobody: not in an answer, not in its log. */
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

/** What is in this text and must not be. */
export function leaks(text: string, allowed: readonly Secret[] = []): string[] {
  return Object.entries(SECRETS)
    .filter(([name, isIn]) => !allowed.includes(name as Secret) && isIn(text))
    .map(([name]) => `${name}: ${text.slice(0, 300)}`)
}
