import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']

export const NO_CHROMIUM =
  'The browser tests need Chromium: install one (on Debian: apt-get install chromium), or name yours in CHROMIUM.'

/** The path of Chromium: the variable CHROMIUM, or one in PATH. */
export function findChromium(): string | undefined {
  const { CHROMIUM, PATH = '' } = process.env
  const candidates = CHROMIUM
    ? [CHROMIUM]
    : PATH.split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)))
  return candidates.find((candidate) => existsSync(candidate))
}
