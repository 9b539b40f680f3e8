import { fail } from '../cli/options.ts'
import type { Failure, Outcome } from './wrangler.ts'

/** Codes of Cloudflare's API: the token is unknown, or lacks a permission. */
const UNAUTHORIZED = [9106, 9109, 10000]

/** The account has not accepted the terms of R2. */
const NO_R2 = 10042

/** Ends the script unless wrangler succeeded: with what failed, what wrangler said, and what to do if that is known. */
export function required(outcome: Outcome, what: string): void {
  if (!outcome.ok) fail(`${what} Wrangler says:\n\n${outcome.output}${advised(outcome)}`)
}

/** The advice as a paragraph of its own, if there is any. */
export function advised({ failure }: Outcome): string {
  const advice = failure && adviceOn(failure)
  return advice === undefined ? '' : `\n\n${advice}`
}

/** What to do about a failure. Wrangler's own failures have no code, so they are recognized by their message. */
function adviceOn({ code, message }: Failure): string | undefined {
  if (message.startsWith("In a non-interactive environment, it's necessary to set a CLOUDFLARE_API_TOKEN")) {
    return 'You are not logged in to Cloudflare. Log in with: npx wrangler login'
  }
  if (message.startsWith('More than one account available')) {
    return 'Choose one of these accounts: put CLOUDFLARE_ACCOUNT_ID=<its id> before the command.'
  }
  if (message.startsWith('Failed to automatically retrieve account IDs')) {
    return 'If the token may not list accounts, name yours: put CLOUDFLARE_ACCOUNT_ID=<its id> before the command.'
  }
  if (code === NO_R2) {
    return `The account has no R2, where pictures are stored. Turn R2 on in the dashboard of Cloudflare, or remove the
[[r2_buckets]] of the shop from wrangler.toml: then the shop has no pictures.`
  }
  if (UNAUTHORIZED.includes(code!)) {
    return `Your Cloudflare login may have expired: npx wrangler login. A token in CLOUDFLARE_API_TOKEN needs edit permission for
Workers Scripts, D1, Workers KV Storage and Workers R2 Storage of the account, and CLOUDFLARE_ACCOUNT_ID must name that account.`
  }
  return undefined
}
