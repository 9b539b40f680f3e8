/** Common to all endpoints of the stand-in: their input and their results. */

export interface Call {
  /** The parts of the path that a route names. */
  params: Record<string, string>
  query: URLSearchParams
  token: string
  /** The URL of the API, for links to it. */
  api: string
  body: Buffer
  contentType: string
}

/** The result of a call, which the server puts into Cloudflare's envelope. */
export type Handler = (call: Call) => unknown

/** A method and a path such as `GET /accounts/:account/d1/database`. */
export type Routes = Record<string, Handler>

/** An error as Cloudflare's API returns it. */
export class Refusal extends Error {
  readonly status: number
  readonly code: number

  constructor(status: number, code: number, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** A result with other fields of the envelope beside it, or with another status. */
export class Answer {
  readonly body: Record<string, unknown>
  readonly status: number

  constructor(result: unknown, more: Record<string, unknown> = {}, status = 200) {
    this.body = { result, success: true, errors: [], messages: [], ...more }
    this.status = status
  }
}

export function page(all: readonly unknown[], query: URLSearchParams): Answer {
  const number = Number(query.get('page') ?? 1)
  const per_page = Number(query.get('per_page') ?? 20)
  const result = all.slice((number - 1) * per_page, number * per_page)
  const total = { total_count: all.length, total_pages: Math.ceil(all.length / per_page) }
  return new Answer(result, { result_info: { page: number, per_page, count: result.length, ...total } })
}

export function jsonOf({ body }: Call): unknown {
  return JSON.parse(body.toString())
}

export async function formOf({ body, contentType }: Call): Promise<FormData> {
  return new Response(new Uint8Array(body), { headers: { 'Content-Type': contentType } }).formData()
}
