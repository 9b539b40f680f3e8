import { type Context, Hono } from 'hono'
import type * as z from 'zod'
import { requireStaff } from '../auth/require.ts'
import { CATALOG } from '../catalog/cache-tags.ts'
import type { AppEnv } from '../http/app-env.ts'
import { expectedVersion, jsonWithTag, toETag } from '../http/conditional.ts'
import { edgeCached, purge } from '../http/edge-cache.ts'
import { IdParam } from '../http/fields.ts'
import { idempotent } from '../http/idempotency.ts'
import { PageQuery } from '../http/page-query.ts'
import { Pager } from '../http/pagination.ts'
import { varyByHost } from '../http/public-url.ts'
import { validate } from '../http/validate.ts'
import { toMoney } from '../money.ts'
import { createOption, deleteOption, editOption, newestOption } from './edit-option.ts'
import type { DeliveryOption } from './openapi.ts'
import { getOption, listOptions, type OptionRow } from './queries.ts'
import { DeliveryOptionBody, ListDeliveryOptionsQuery, UpdateDeliveryOptionBody } from './schema.ts'

/** On every cached response with options. */
const OPTIONS = 'delivery-options'

const createdOnce = idempotent({
  route: 'create-delivery-option',
  resource: () => newestOption,
  replay: async (c, id) => created(c, await getOption(c.var.db, id)),
})

export const deliveryRoutes = new Hono<AppEnv>().get(
  '/',
  validate('query', ListDeliveryOptionsQuery),
  async (c) => {
    c.var.db.readFrom('first-unconstrained')
    const page = await optionPage(c, { ...c.req.valid('query'), onlyActive: true })
    return jsonWithTag(c, page, { headers: { ...edgeCached([CATALOG, OPTIONS]), ...varyByHost(c) } })
  },
)

export const adminDeliveryRoutes = new Hono<AppEnv>()
  .use(requireStaff)
  .get('/', validate('query', PageQuery), async (c) =>
    c.json(await optionPage(c, { ...c.req.valid('query'), onlyActive: false })),
  )
  .post('/', validate('json', DeliveryOptionBody), createdOnce, async (c) => {
    const option = await createOption(c.var.db, c.req.valid('json'))
    purge(c, [OPTIONS], CATALOG)
    return created(c, option)
  })
  .get('/:id', validate('param', IdParam), async (c) => {
    const option = await getOption(c.var.db, c.req.valid('param').id)
    return jsonWithTag(c, toOption(option), { version: versionOf(option) })
  })
  .put('/:id', validate('param', IdParam), validate('json', DeliveryOptionBody), (c) =>
    save(c, c.req.valid('param').id, c.req.valid('json')),
  )
  .patch('/:id', validate('param', IdParam), validate('json', UpdateDeliveryOptionBody), (c) =>
    save(c, c.req.valid('param').id, c.req.valid('json')),
  )
  .delete('/:id', validate('param', IdParam), async (c) => {
    await deleteOption(c.var.db, { id: c.req.valid('param').id, expected: expectedVersion(c) })
    purge(c, [OPTIONS], CATALOG)
    return c.body(null, 204)
  })

async function optionPage(
  c: Context<AppEnv>,
  query: z.infer<typeof PageQuery> & { onlyActive: boolean; country?: string | undefined },
) {
  const pager = new Pager(c, query)
  const page = await listOptions(c.var.db, query, pager.request)
  return pager.keyed(page, ({ price_cents, id }) => [price_cents, id], toOption)
}

async function save(c: Context<AppEnv>, id: number, change: z.infer<typeof UpdateDeliveryOptionBody>) {
  const option = await editOption(c.var.db, { id, change, expected: expectedVersion(c) })
  purge(c, [OPTIONS], CATALOG)
  return c.json(toOption(option), 200, { ETag: toETag(versionOf(option)) })
}

function created(c: Context<AppEnv>, option: OptionRow): Response {
  return c.json(toOption(option), 201, {
    Location: `/api/admin/delivery-options/${option.id}/`,
    ETag: toETag(versionOf(option)),
  })
}

function versionOf({ version }: OptionRow) {
  return [version, 0] as const
}

function toOption({ id, name, price_cents, free_from_cents, countries, active }: OptionRow): DeliveryOption {
  return {
    id,
    name,
    price: toMoney(price_cents),
    free_from: free_from_cents === null ? null : toMoney(free_from_cents),
    countries: JSON.parse(countries) as string[],
    active: active === 1,
  }
}
