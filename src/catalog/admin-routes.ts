import { type Context, Hono } from 'hono'
import { sql } from 'kysely'
import type * as z from 'zod'
import { requireStaff } from '../auth/require.ts'
import type { AppEnv } from '../http/app-env.ts'
import type { FieldErrors } from '../errors.ts'
import { expectedVersion, jsonWithTag, toETag } from '../http/conditional.ts'
import { purge } from '../http/edge-cache.ts'
import { IdParam } from '../http/fields.ts'
import { idempotent } from '../http/idempotency.ts'
import { PageQuery } from '../http/page-query.ts'
import { Pager } from '../http/pagination.ts'
import { validate } from '../http/validate.ts'
import {
  CATALOG,
  tagsInvalidatedByCategory,
  tagsInvalidatedByCategoryEdit,
  tagsInvalidatedByCreation,
  tagsInvalidatedByEdit,
} from './cache-tags.ts'
import { createProduct, unknownCategory } from './create-product.ts'
import { deleteProduct } from './delete-product.ts'
import { createCategory, deleteCategory, editCategory } from './edit-category.ts'
import { editProduct } from './edit-product.ts'
import { categoryPage, productPage } from './pages.ts'
import {
  type CategoryRow,
  type ProductRow,
  toAdminCategory,
  toAdminProduct,
  toMovement,
  versionOf,
} from './product.ts'
import { findCategory, getCategory, getAnyProduct, listMovements } from './queries.ts'
import {
  CategoryBody,
  ListAllProductsQuery,
  ProductBody,
  UpdateCategoryBody,
  UpdateProductBody,
} from './schema.ts'

const createdProductOnce = idempotent({
  route: 'create-product',
  resource: () => sql`(SELECT max(id) FROM products)`,
  replay: async (c, id) => createdProduct(c, await getAnyProduct(c.var.db, id)),
})

const editedOnce = (action: 'edit-product' | 'replace-product') =>
  idempotent({
    route: (c) => `${action} ${c.req.param('id')}`,
    resource: (c) => sql`${Number(c.req.param('id'))}`,
    status: () => 200,
    replay: async (c, id) => edited(c, await getAnyProduct(c.var.db, id)),
  })

const createdCategoryOnce = idempotent({
  route: 'create-category',
  resource: () => sql`(SELECT max(id) FROM categories)`,
  replay: async (c, id) => createdCategory(c, await getCategory(c.var.db, id)),
})

const productBody = validate('json', ProductBody, { whenRefused: categoryErrors })
const updateProductBody = validate('json', UpdateProductBody, { whenRefused: categoryErrors })

export const adminProductRoutes = new Hono<AppEnv>()
  .use(requireStaff)
  .get('/', validate('query', ListAllProductsQuery), async (c) => {
    return c.json(await productPage(c, c.req.valid('query'), toAdminProduct))
  })
  .post('/', productBody, createdProductOnce, async (c) => {
    const { db, now, caller } = c.var
    const product = await createProduct(db, c.req.valid('json'), caller.user_id, now)
    purge(c, tagsInvalidatedByCreation(product.id), CATALOG)
    return createdProduct(c, product)
  })
  .get('/:id', validate('param', IdParam), async (c) => {
    const product = await getAnyProduct(c.var.db, c.req.valid('param').id)
    return jsonWithTag(c, toAdminProduct(product), { version: versionOf(product) })
  })
  .put('/:id', validate('param', IdParam), productBody, editedOnce('replace-product'), (c) =>
    saveProduct(c, c.req.valid('param').id, c.req.valid('json')),
  )
  .patch('/:id', validate('param', IdParam), updateProductBody, editedOnce('edit-product'), (c) =>
    saveProduct(c, c.req.valid('param').id, c.req.valid('json')),
  )
  .delete('/:id', validate('param', IdParam), async (c) => {
    const { db, now, caller } = c.var
    const { id } = c.req.valid('param')
    await deleteProduct(db, { id, expected: expectedVersion(c), actor_id: caller.user_id, now })
    purge(c, tagsInvalidatedByCreation(id), CATALOG)
    return c.json({ detail: 'Product successfully deleted.' })
  })
  .get('/:id/movements', validate('param', IdParam), validate('query', PageQuery), async (c) => {
    const pager = new Pager(c, c.req.valid('query'), { isCountExact: false })
    const movements = await listMovements(c.var.db, c.req.valid('param').id, pager.request)
    return c.json(pager.keyed(movements, ({ id }) => [id, id], toMovement))
  })

export const adminCategoryRoutes = new Hono<AppEnv>()
  .use(requireStaff)
  .get('/', validate('query', PageQuery), async (c) => {
    return c.json(await categoryPage(c, c.req.valid('query'), toAdminCategory))
  })
  .post('/', validate('json', CategoryBody), createdCategoryOnce, async (c) => {
    const category = await createCategory(c.var.db, c.req.valid('json'))
    purge(c, tagsInvalidatedByCategory, CATALOG)
    return createdCategory(c, category)
  })
  .get('/:id', validate('param', IdParam), async (c) => {
    const category = await getCategory(c.var.db, c.req.valid('param').id)
    return jsonWithTag(c, toAdminCategory(category), { version: categoryVersionOf(category) })
  })
  .put('/:id', validate('param', IdParam), validate('json', CategoryBody), (c) =>
    saveCategory(c, c.req.valid('param').id, c.req.valid('json')),
  )
  .patch('/:id', validate('param', IdParam), validate('json', UpdateCategoryBody), (c) =>
    saveCategory(c, c.req.valid('param').id, c.req.valid('json')),
  )
  .delete('/:id', validate('param', IdParam), async (c) => {
    await deleteCategory(c.var.db, { id: c.req.valid('param').id, expected: expectedVersion(c) })
    purge(c, tagsInvalidatedByCategory, CATALOG)
    return c.body(null, 204)
  })

/** Whether the category of a refused body exists: of one that is not refused, the database says it. */
async function categoryErrors(c: Context<AppEnv>, body: Record<string, unknown>): Promise<FieldErrors> {
  const { data: id } = ProductBody.shape.category.safeParse(body['category'])
  return id === undefined || (await findCategory(c.var.db, id)) ? {} : unknownCategory
}

/** For PUT as well as PATCH: validation has given the fields that PUT may omit their defaults. */
async function saveProduct(c: Context<AppEnv>, id: number, change: z.infer<typeof UpdateProductBody>) {
  const { db, now, caller } = c.var
  const product = await editProduct(db, {
    id,
    change,
    expected: expectedVersion(c),
    actor_id: caller.user_id,
    now,
  })
  purge(c, tagsInvalidatedByEdit(id, change), CATALOG)
  return edited(c, product)
}

async function saveCategory(c: Context<AppEnv>, id: number, change: z.infer<typeof UpdateCategoryBody>) {
  const category = await editCategory(c.var.db, { id, change, expected: expectedVersion(c) })
  purge(c, tagsInvalidatedByCategoryEdit(change), CATALOG)
  return c.json(toAdminCategory(category), 200, { ETag: toETag(categoryVersionOf(category)) })
}

function createdProduct(c: Context<AppEnv>, product: ProductRow): Response {
  return c.json(toAdminProduct(product), 201, {
    Location: `/api/admin/products/${product.id}/`,
    ETag: toETag(versionOf(product)),
  })
}

function edited(c: Context<AppEnv>, product: ProductRow): Response {
  return c.json(toAdminProduct(product), 200, { ETag: toETag(versionOf(product)) })
}

function createdCategory(c: Context<AppEnv>, category: CategoryRow): Response {
  return c.json(toAdminCategory(category), 201, {
    Location: `/api/admin/categories/${category.id}/`,
    ETag: toETag(categoryVersionOf(category)),
  })
}

function categoryVersionOf({ version, product_count, draft_count }: CategoryRow) {
  return [version, product_count + draft_count] as const
}
