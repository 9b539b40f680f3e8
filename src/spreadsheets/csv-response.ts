import type { Context } from 'hono'
import type { AppEnv } from '../http/app-env.ts'

/** Without it, Excel does not read UTF-8. */
const BYTE_ORDER_MARK = '\uFEFF'

/**
 * Streams pages of comma-separated lines as a file of this name and date. The first page is read before the response
 * begins, so that its errors become responses; a later error cuts the stream off, so that no file looks complete.
 */
export async function csvResponse(
  c: Context<AppEnv>,
  name: string,
  pages: AsyncGenerator<string, void, void>,
): Promise<Response> {
  const encoder = new TextEncoder()
  const first = await pages.next()
  const body = new ReadableStream<Uint8Array>({
    start: (controller) =>
      controller.enqueue(encoder.encode(BYTE_ORDER_MARK + (first.done ? '' : first.value))),
    async pull(controller) {
      const { done, value } = await pages.next()
      if (done) controller.close()
      else controller.enqueue(encoder.encode(value))
    },
    async cancel() {
      await pages.return()
    },
  })
  const date = new Date(c.var.now).toISOString().slice(0, 10)
  return c.body(body, 200, {
    'Content-Type': 'text/csv; charset=utf-8',
    'Content-Disposition': `attachment; filename="${name}-${date}.csv"`,
  })
}
