/** Names that lead to no public host. */
const PRIVATE_NAME = /(^|\.)(localhost|localdomain|local|internal|intranet|private|lan|home|corp|home\.arpa)$/

/**
 * True for an https address on port 443 of a public host name, without user info. `URL` has decoded every notation of
 * an IP address before: all of them end in a number or are in brackets. A name may still resolve to a private address;
 * Cloudflare reaches none from a Worker.
 */
export function isPublicAddress(address: string, shopUrl?: string): boolean {
  if (!URL.canParse(address)) return false
  const { protocol, port, username, password, hostname } = new URL(address)
  return (
    protocol === 'https:' &&
    port === '' &&
    username === '' &&
    password === '' &&
    /^([^.]+\.)+[^.]*[a-z][^.]*$/.test(hostname) && // no IP address, single label or dot at the end
    !PRIVATE_NAME.test(hostname) &&
    (!shopUrl || hostname !== new URL(shopUrl).hostname)
  )
}
