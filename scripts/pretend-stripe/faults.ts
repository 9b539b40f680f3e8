/**
 * What can go wrong with a call. `lost before` and `lost after`: no answer, without or with the effect.
 * `500 after`: the effect and a 500, which is saved under the key. `500 saved`: a saved 500 without effect.
 */
export type ApiFault = 'lost before' | 'lost after' | '500 after' | '500 saved' | '429'

/**
 * What can go wrong with an event. `lost`: never sent. `doubled`: the same event twice. `twin`: a second event, with
 * its own id, about the same change. `late`: sent an hour later. `overtaking`: sent before all that wait.
 */
export type EventFault = 'lost' | 'doubled' | 'twin' | 'late' | 'overtaking'

/** Drawn for each call, such as `POST /v1/refunds`, and for each event and what it is about. */
export interface Faults {
  api: (call: string) => ApiFault | undefined
  event: (type: string, object: { id: string }) => EventFault | undefined
}

export const noFaults = (): Faults => ({ api: () => undefined, event: () => undefined })

/** The fault for the next call or event only. */
export function once<Fault>(fault: Fault): () => Fault | undefined {
  let next: Fault | undefined = fault
  return () => {
    const drawn = next
    next = undefined
    return drawn
  }
}

/** Thrown by `fetch` instead of an answer. */
export class ConnectionLost extends TypeError {
  constructor() {
    super('Network connection lost.')
  }
}
