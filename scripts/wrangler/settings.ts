import { type Settings, settingsOf } from '../../src/settings.ts'
import { fail } from '../cli/options.ts'

/** What a browser sends as Origin: lower case, in ASCII, without a path. */
const ORIGIN = /^[a-z][a-z\d+.-]*:\/\/[a-z\d._:[\]-]+$/

/**
 * The settings that these variables are. Ends the script with this advice if the Worker would refuse one of them, or
 * ignore it.
 */
export function requireSettings(vars: Record<string, unknown>, advice: string): Settings {
  const notText = Object.keys(vars).find((name) => typeof vars[name] !== 'string')
  if (notText !== undefined)
    fail(`${notText} must be one text in quotes, such as ${notText} = "${String(vars[notText])}". ${advice}`)
  const { ALLOWED_ORIGINS = '' } = vars as { ALLOWED_ORIGINS?: string }
  const origins = ALLOWED_ORIGINS.split(',').map((origin) => origin.trim())
  const wrong = origins.find((origin) => origin !== '' && !ORIGIN.test(origin))
  if (wrong !== undefined)
    fail(
      `ALLOWED_ORIGINS must be origins such as https://shop.example, separated by commas, and has "${wrong}". ${advice}`,
    )
  try {
    return settingsOf(vars)
  } catch (error) {
    return fail(`${(error as Error).message} ${advice}`)
  }
}
