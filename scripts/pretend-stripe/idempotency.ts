import { ApiError, internalError } from './api-error.ts'
import type { ApiFault } from './faults.ts'
import type { Answer, State } from './state.ts'

const REMEMBERED_MILLISECONDS = 24 * 3_600_000

export interface Keyed {
  key: string | undefined
  fingerprint: string
  now: number
  fault: ApiFault | undefined
  /** Checks the request. An error from here leaves the key free. */
  prepare: () => () => unknown
  /** Awaited while the request executes, to test what happens meanwhile. */
  pause: (() => Promise<void>) | undefined
}

/**
 * Executes a POST as Stripe does: once a request has begun to execute, its answer, an error too, is saved under the
 * key, and is the answer to every repeat for 24 hours.
 */
export async function executeOnce(
  requests: State['requests'],
  keyed: Keyed,
): Promise<Answer & { replayed: boolean }> {
  const { key, fingerprint, now, prepare } = keyed
  if (key === undefined) return { ...(await execute(prepare(), keyed)), replayed: false }
  if (key.length > 255)
    throw new ApiError(400, 'Idempotency keys have at most 255 characters.', { type: TYPE })
  const saved = requests[key]
  if (saved && now - saved.at < REMEMBERED_MILLISECONDS) {
    if (saved.fingerprint !== fingerprint) throw otherParameters(key)
    if (!saved.answer) throw inFlight(key)
    return { ...saved.answer, replayed: true }
  }
  const effect = prepare()
  const request = { fingerprint, at: now }
  requests[key] = request
  const answer = await execute(effect, keyed)
  requests[key] = { ...request, answer }
  return { ...answer, replayed: false }
}

const TYPE = 'idempotency_error'

const otherParameters = (key: string) =>
  new ApiError(
    400,
    `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
    { type: TYPE },
  )

const inFlight = (key: string) =>
  new ApiError(
    409,
    `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key}. Please try again later.`,
    { type: TYPE, code: 'idempotency_key_in_use' },
  )

async function execute(effect: () => unknown, { fault, pause }: Keyed): Promise<Answer> {
  await pause?.()
  try {
    if (fault === '500 saved') throw internalError()
    const body = structuredClone(effect()) // as it is now, also in a repeat
    if (fault === '500 after') throw internalError()
    return { status: 200, body }
  } catch (error) {
    if (error instanceof ApiError) return { status: error.status, body: { error: error.error } }
    throw error
  }
}
