import { devVar } from '../wrangler/dev-vars.ts'

/** How a shop on this machine sends mail: wrangler keeps and prints it, and its page shows it. None is delivered. */
export function localMail(port: number): { vars: Record<string, string>; line: string } {
  const url = `http://127.0.0.1:${port}`
  const vars = {
    ...(devVar('SHOP_URL') === undefined && { SHOP_URL: url }),
    ...(devVar('MAIL_FROM') === undefined && { MAIL_FROM: 'Kiosk <orders@kiosk.example>' }),
  }
  return { vars, line: `kept on this machine, none is delivered: ${url}/cdn-cgi/local/explorer` }
}
