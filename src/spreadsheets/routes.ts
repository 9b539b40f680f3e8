import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { requireStaff } from '../auth/require.ts'
import { CATALOG } from '../catalog/cache-tags.ts'
import { AppError } from '../errors.ts'
import type { AppEnv } from '../http/app-env.ts'
import { purge } from '../http/edge-cache.ts'
import { publicUrl } from '../http/public-url.ts'
import { bySession, limit } from '../http/rate-limit.ts'
import { refuseCoding, validate } from '../http/validate.ts'
import { checkProducts } from './check-products.ts'
import { csvResponse } from './csv-response.ts'
import { decode } from './decode.ts'
import { exportOrders } from './export-orders.ts'
import { exportProducts } from './export-products.ts'
import { readProducts } from './formats.ts'
import { importPiece, PRODUCTS_AT_ONCE, previewImport } from './import-products.ts'
import { importError, toResult } from './import-result.ts'
import { ExportOrdersQuery, ImportQuery } from './schema.ts'
import { readSheet } from './sheet.ts'

const MAX_BYTES = 5 * 1024 * 1024

const withinLimit = limit({ LIMIT_SPREADSHEET: bySession })

/** Registered before `requireAcceptsJson` (app.ts): they answer with CSV. */
export const exportRoutes = new Hono<AppEnv>()
  .get('/products/export', requireStaff, withinLimit, (c) =>
    csvResponse(c, 'products', exportProducts(c.var.db)),
  )
  .get('/orders/export', requireStaff, withinLimit, validate('query', ExportOrdersQuery), (c) =>
    csvResponse(c, 'orders', exportOrders(c.var.db, c.req.valid('query'))),
  )

/** Before the limit of other bodies, which is lower. */
export const importRoutes = new Hono<AppEnv>().post(
  '/',
  requireStaff,
  withinLimit,
  validate('query', ImportQuery),
  bodyLimit({
    maxSize: MAX_BYTES,
    onError: () => {
      throw new AppError(
        'body_too_large',
        `A file can have at most ${MAX_BYTES} bytes. Divide it into several.`,
      )
    },
  }),
  async (c) => {
    const { db, now, caller } = c.var
    const { dry_run = false, from = 0, column = [] } = c.req.valid('query')
    const { text, isGuessed } = decode(await csvBody(c))
    const sheet = readSheet(text)
    const reading = readProducts(sheet, column)
    const { checked, errors } = checkProducts(reading.products)
    // What the shop knows of the whole file is checked before its first piece.
    const preview = await previewImport(db, checked, from, from === 0 ? Infinity : PRODUCTS_AT_ONCE)
    const faulty = new Set(errors.map(({ row }) => row))
    const inShop = preview.errors.filter(({ row }) => !faulty.has(row))
    const cellErrors = [...sheet.errors, ...errors, ...inShop]
    const file = { ...reading, isGuessed, rows: sheet.rows.length, from }
    if (dry_run) return c.json(toResult(file, preview, cellErrors))
    if (cellErrors.length > 0) throw importError(cellErrors, from)
    const piece = await importPiece(db, checked, from, { actor_id: caller.user_id, now })
    purge(c, [CATALOG], CATALOG)
    const url = piece.next < checked.length ? nextUrl(c, piece.next) : null
    return c.json(toResult(file, { ...preview, matches: piece.matches }, [], { done: piece.next, next: url }))
  },
)

/** The bytes of a body that is CSV. */
async function csvBody(c: Context<AppEnv>): Promise<Uint8Array> {
  refuseCoding(c)
  const [type = ''] = (c.req.header('Content-Type') ?? '').toLowerCase().split(';')
  if (type.trim() !== 'text/csv') {
    throw new AppError('unsupported_media_type', 'Send the file as Content-Type: text/csv.')
  }
  return new Uint8Array(await c.req.arrayBuffer())
}

function nextUrl(c: Context<AppEnv>, from: number): string {
  const url = publicUrl(c)
  url.searchParams.set('from', String(from))
  return url.href
}
