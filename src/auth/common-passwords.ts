import { foldCase } from '../text.ts'

/** A static asset with one password per line, generated from an npm package on start and deploy. */
const LIST = 'https://assets.local/common-passwords.txt'

/** Cached by the isolate after the first read. */
let list: string | undefined

/** True for the 10 000 most common passwords of at least eight characters (NIST SP 800-63B, section 3.1.1.2). */
export async function isCommon(password: string, assets: Fetcher): Promise<boolean> {
  list ??= await read(assets)
  return list.includes(`\n${foldCase(password)}\n`)
}

async function read(assets: Fetcher): Promise<string> {
  const response = await assets.fetch(LIST)
  if (!response.ok) throw new Error(`Could not read the list of common passwords: ${response.status}`)
  return `\n${await response.text()}\n`
}
