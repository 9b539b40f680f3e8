import { createInterface } from 'node:readline'
import { parseArgs, type ParseArgsConfig } from 'node:util'

/** Ends the script with a sentence for the person who runs it. */
export function fail(message: string): never {
  console.error(message)
  process.exit(1)
}

/** Parses the options of a script. Prints the help, or what is wrong with the options, and ends the script. */
export function optionsOf<const Options extends NonNullable<ParseArgsConfig['options']>>(
  help: string,
  options: Options,
) {
  try {
    const { values } = parseArgs({ options: { ...options, help: { type: 'boolean' } } })
    if ((values as { help?: boolean }).help) {
      console.log(help)
      process.exit()
    }
    return values
  } catch (error) {
    return fail(`${(error as Error).message}\n\n${help}`)
  }
}

/** Refuses a --url without a scheme: "localhost:8787" has the scheme "localhost" by the standard of URLs. */
export function requireWebAddress(url: string): void {
  if (/^https?:\/\//i.test(url) && URL.canParse(url)) return
  fail(
    `--url takes an address that starts with https:// or http://, such as https://shop.example.com, not "${url}".`,
  )
}

/** The value of --password; `-` reads it from a line of standard input, which keeps it out of the shell's history. */
export async function passwordFrom(option: string | undefined): Promise<string | undefined> {
  if (option !== '-') return option
  if (process.stdin.isTTY) process.stderr.write('Password (shown as you type): ')
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdin.destroy() // a terminal would keep the script from ending
    return line
  }
  return ''
}
