import { foldCase } from '../text.ts'

/** A static file, one password a line, made from an npm package when the shop is started or deployed. */
const LIST = 'https://assets.local/common-passwords.txt'

/** Kept by the isolate from the first question on. */
let list: string | undefined

/** True of the ten thousand commonest of at least eight characters (NIST SP 800-63B, section 3.1.1.2). */
export async function isCommon(password: string, assets: Fetcher): Promise<boolean> {
  list ??= await read(assets)
  return list.includes(`\n${foldCase(password)}\n`)
}

export const COMMON = 'The password is one of the commonest.'

async function read(assets: Fetcher): Promise<string> {
  const answer = await assets.fetch(LIST)
  if (!answer.ok) throw new Error(`The list of common passwords could not be read: ${answer.status}`)
  return `\n${await answer.text()}\n`
}
