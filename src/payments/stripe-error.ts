import { AppError } from '../errors.ts'

/**
 * What a failed call says of its effect. `refused`: it has none. `failed`: Stripe answered with an error of its own
 * and repeats that answer under the same key for a day, whether there was an effect or not. `unanswered`: unknown;
 * a repeat with the same key tells.
 */
export type Failure = 'refused' | 'failed' | 'unanswered'

interface StripeError {
  type: string
  statusCode?: number
  code?: string
  message: string
}

/** Throws an error that is not Stripe's. Names of classes are lost when the Worker is minified, so `type` decides. */
export function failureOf(error: unknown): Failure {
  const { type, statusCode } = asStripeError(error)
  if (statusCode === undefined || statusCode === 409 || statusCode === 429) return 'unanswered'
  return statusCode >= 500 || type === 'StripeIdempotencyError' ? 'failed' : 'refused'
}

/** Stripe's code for why it refused a call, or the status. */
export function reasonOf(error: unknown): string {
  const { code, statusCode } = asStripeError(error)
  return code ?? (statusCode === undefined ? 'no answer' : `status ${statusCode}`)
}

/** Whether Stripe or D1 is away. Not a refusal by Stripe, such as one for a right that the key does not have. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof AppError)) return false
  return (
    error.code === 'temporarily_unavailable' ||
    (error.cause !== undefined && failureOf(error.cause) !== 'refused')
  )
}

function asStripeError(error: unknown): StripeError {
  const { type } = error as Partial<StripeError>
  if (typeof type === 'string' && type.startsWith('Stripe')) return error as StripeError
  throw error
}

/** Runs a call; `payment_unavailable` if it fails. Stripe's message goes to the log: it may name keys and accounts. */
export async function orUnavailable<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw unavailable(error)
  }
}

export function unavailable(error: unknown): AppError {
  const { type, statusCode, code, message } = asStripeError(error)
  console.error(JSON.stringify({ stripe: type, status: statusCode, code, message }))
  return Object.assign(paymentUnavailable(), { cause: error })
}

export function paymentUnavailable(): AppError {
  return new AppError(
    'payment_unavailable',
    'The payment service cannot be reached at the moment. Nothing has been lost; please try again.',
  )
}
