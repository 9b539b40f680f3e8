/** An error as Stripe's API answers it. */
export class ApiError extends Error {
  readonly status: number
  readonly error: { type: string; message: string; code?: string; param?: string }

  constructor(
    status: number,
    message: string,
    { type = 'invalid_request_error', ...rest }: ErrorDetails = {},
  ) {
    super(message)
    this.status = status
    this.error = { type, message, ...rest }
  }
}

interface ErrorDetails {
  type?: string
  code?: string
  param?: string
}

export const internalError = () => new ApiError(500, 'An unknown error occurred.', { type: 'api_error' })

export const notFound = (kind: string, id: string, status = 404) =>
  new ApiError(status, `No such ${kind}: '${id}'`, { code: 'resource_missing', param: kind })
