import * as z from 'zod'
import { integer, issue, unlessMissing } from '../http/fields.ts'

/** From the Worker to the object: the listener's state as JSON. Clients cannot reach the object to forge it. */
export const STATE_HEADER = 'Kiosk-Listener'

export const EventsQuery = z.object({
  since: z
    .union([z.literal('now'), integer(0, Number.MAX_SAFE_INTEGER)], {
      error: unlessMissing(issue('not_event')),
    })
    .optional(),
})

/** What a client sends over its socket. Unknown types are ignored, so that types can be added later. */
export const ClientMessage = z
  .string()
  .transform(parsed)
  .pipe(z.object({ type: z.string(), access: z.string().catch('') }))

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
