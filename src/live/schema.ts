import * as z from 'zod'
import { integer } from '../http/fields.ts'

/** From the Worker to the object: who listens, as JSON. No client gets near it. */
export const LISTENING_HEADER = 'Kiosk-Listening'

export const EventsQuery = z.object({
  since: integer(0, Number.MAX_SAFE_INTEGER)
    .optional()
    .meta({ description: 'Id of the last event you have: all later ones come first. Default: from now on.' }),
})

/** What a client sends over its socket. Other types are ignored: they may come to mean something. */
export const ClientMessage = z
  .string()
  .transform(parsed)
  .pipe(z.object({ type: z.string(), access: z.string().default('') }))

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
