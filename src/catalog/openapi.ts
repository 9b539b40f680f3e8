import * as z from 'zod'
import { describeFields } from '../openapi/describe-fields.ts'
import { Id, listOf, Money, onePage, type Operations, TaxRate, Timestamp } from '../openapi/operation.ts'
import {
  ListAllProductsQuery,
  ListProductsQuery,
  MAX_CATEGORIES,
  ProductBody,
  UpdateProductBody,
} from './schema.ts'

const PicturePath = z.string().startsWith('/pictures/')

const Picture = z
  .object({
    id: Id,
    url: PicturePath.meta({ description: 'Path of the largest file, on the host of the API.' }),
    width: z.int().positive().meta({ description: 'In pixels, of the largest file.' }),
    height: z.int().positive(),
    alt: z
      .string()
      .meta({ description: 'What the picture shows, for those who do not see it; may be empty.' }),
    sources: z
      .array(z.object({ url: PicturePath, width: z.int().positive() }))
      .meta({ description: 'The same picture in all its widths, smallest first, as for `srcset`.' }),
  })
  .meta({ id: 'Picture' })
export type Picture = z.infer<typeof Picture>

export const Product = z
  .object({
    id: Id,
    name: z.string(),
    description: z.string(),
    sku: z.string().nullable().meta({ description: "The shop's own number for the product (SKU)." }),
    price: Money,
    stock: z.int().min(0),
    category: Id.meta({ description: 'Id of the category.' }),
    tax_rate: TaxRate.nullable().meta({
      description: 'Percent of tax that the price contains; null is the rate of the shop, if it has one.',
    }),
    pictures: z.array(Picture).meta({ description: 'In order; the first stands for the product.' }),
    created_at: Timestamp,
    updated_at: Timestamp,
  })
  .meta({ id: 'Product' })
export type Product = z.infer<typeof Product>

export const AdminProduct = Product.extend({
  published: z.boolean().meta({ description: 'False for a draft.' }),
  low_stock: z
    .int()
    .min(0)
    .nullable()
    .meta({ description: 'The stock at which the product is listed as low.' }),
}).meta({ id: 'AdminProduct' })
export type AdminProduct = z.infer<typeof AdminProduct>

const Category = z
  .object({
    id: Id,
    name: z.string(),
    description: z.string(),
    product_count: z
      .int()
      .min(0)
      .meta({ description: 'Products in the category; for staff, drafts count as well.' }),
  })
  .meta({ id: 'Category' })
export type Category = z.infer<typeof Category>

const Movement = z
  .object({
    id: Id,
    product_id: Id,
    delta: z.int(),
    stock_after: z.int().min(0),
    reason: z.enum(['initial', 'order', 'cancellation', 'return', 'correction', 'stock-take', 'deletion']),
    order_id: Id.nullable(),
    actor: z.string().nullable().meta({
      description:
        'E-mail of the account that acted, empty for a guest or a deleted account; null for a command or the shop itself.',
    }),
    at: Timestamp,
  })
  .meta({ id: 'StockMovement' })
export type Movement = z.infer<typeof Movement>

const movement: Movement = {
  id: 31,
  product_id: 12,
  delta: -1,
  stock_after: 9,
  reason: 'order',
  order_id: 5,
  actor: 'ann@example.com',
  at: '2026-01-31T12:00:00.000Z',
}

const FILE = '/pictures/3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea'

const picture: Picture = {
  id: 7,
  url: `${FILE}-1600.webp`,
  width: 1600,
  height: 1200,
  alt: 'A laptop, open, from the front',
  sources: [320, 800, 1600].map((width) => ({ url: `${FILE}-${width}.webp`, width })),
}

export const laptop: Product = {
  id: 12,
  name: 'Laptop',
  description: 'A cool laptop',
  sku: 'LAP-14',
  price: '1299.99',
  stock: 10,
  category: 3,
  tax_rate: null,
  pictures: [picture],
  created_at: '2026-01-31T12:00:00.000Z',
  updated_at: '2026-01-31T12:00:00.000Z',
}
const electronics: Category = {
  id: 3,
  name: 'Electronics',
  description: 'Devices and accessories',
  product_count: 1,
}

const laptopOfStaff: AdminProduct = { ...laptop, published: true, low_stock: 3 }

const {
  id: _id,
  created_at: _created_at,
  updated_at: _updated_at,
  pictures: _pictures,
  ...newProduct
} = laptopOfStaff
const newCategory = { name: electronics.name, description: electronics.description }

const productResponse = {
  description: 'The product.',
  schema: Product,
  example: laptop,
  headers: ['ETag' as const],
}
export const productResponseOfStaff = { ...productResponse, schema: AdminProduct, example: laptopOfStaff }
const categoryResponse = {
  description: 'The category.',
  schema: Category,
  example: electronics,
  headers: ['ETag' as const],
}
const productList = {
  description: 'A page of products.',
  schema: listOf(Product, 'ProductList'),
  example: onePage(laptop),
}
const productListOfStaff = {
  description: 'A page of products and drafts.',
  schema: listOf(AdminProduct, 'AdminProductList'),
  example: onePage(laptopOfStaff),
}
const categoryList = {
  description: 'A page of categories, by name.',
  schema: listOf(Category, 'CategoryList'),
  example: onePage(electronics),
}

const FILTERS =
  'A product must match every filter; an unknown category matches nothing. `search` finds products that contain every word, the last word as a prefix. A search lists the best 1 000 matches: if it contains a digit, first the product with this SKU, then those with the words in the name, then the others.'

const mayBeStale = (included: string) =>
  `The response may be up to a minute old, ${included} included, although changes by staff usually show immediately. Cart and orders are always exact.`

describeFields(ListProductsQuery, {
  category: `Name of a category; repeat the parameter to match any of up to ${MAX_CATEGORIES}.`,
  search:
    'Words that the name, the SKU, the description or the name of the category must contain. Case, accents, plurals, and spaces or hyphens inside a word do not matter.',
  ordering:
    'By default a search is sorted by relevance, another list with a price bound by `price`, and any other by `id`. With a price bound, an order that is not by price sorts only the 1 001 cheapest, and has the first 1 000 of these.',
})
describeFields(ListAllProductsQuery, {
  published: '`false` lists only drafts, `true` only what is on sale.',
  low_stock: 'Lists the products whose stock is at most their threshold, those with the least stock first.',
})

const productFields = {
  sku: "A number of the shop's own, unique regardless of case.",
  published: 'False for a draft, which only staff see.',
  low_stock: 'At this stock or less the product is listed as low; null if it never is.',
  tax_rate: 'Percent of tax that the price contains. Null means the rate of the shop, if it has one.',
}
describeFields(ProductBody, productFields)
describeFields(UpdateProductBody, productFields)

export const catalogOperations: Operations = {
  'GET /api/products': {
    operationId: 'listProducts',
    summary: 'List products',
    description: `${FILTERS} ${mayBeStale('stock')}`,
    access: 'public',
    conditional: 'read',
    responses: { 200: { ...productList, headers: ['ETag'] } },
  },
  'GET /api/products/:id': {
    operationId: 'getProduct',
    summary: 'Read a product',
    description: mayBeStale('stock'),
    access: 'public',
    conditional: 'read',
    responses: { 200: productResponse },
  },
  'GET /api/categories': {
    operationId: 'listCategories',
    summary: 'List categories',
    description: mayBeStale('numbers of products'),
    access: 'public',
    conditional: 'read',
    responses: { 200: { ...categoryList, headers: ['ETag'] } },
  },
  'GET /api/admin/products': {
    operationId: 'listProductsAsStaff',
    summary: 'List products and drafts, never cached',
    description: `${FILTERS} Without \`published\` the list contains products and drafts. A list with \`low_stock=true\` is sorted by stock, and takes no \`search\`, \`ordering\` or price bound.`,
    access: 'staff',
    responses: { 200: productListOfStaff },
  },
  'POST /api/admin/products': {
    operationId: 'createProduct',
    summary: 'Create a product',
    description:
      'Puts a product on sale. With `published: false` the product is a draft instead, which only staff see. The stock becomes the first entry of the ledger of the product.',
    idempotent: true,
    access: 'staff',
    request: newProduct,
    responses: { 201: { ...productResponseOfStaff, headers: ['Location', 'ETag'] } },
    errors: ['sku_exists'],
  },
  'GET /api/admin/products/:id': {
    operationId: 'getProductAsStaff',
    summary: 'Read a product, never cached',
    description:
      'Returns the product or draft exactly as it is now, with the ETag that an edit may send as If-Match.',
    access: 'staff',
    conditional: 'read',
    responses: { 200: productResponseOfStaff },
  },
  'PUT /api/admin/products/:id': {
    operationId: 'replaceProduct',
    summary: 'Replace a product',
    description:
      'Replaces all fields. A field that is left out gets its default: without `sku` the product loses its SKU, without `published` it is published. `stock` is recorded as a stock-take. With If-Match, the request fails if an order has changed the stock meanwhile.',
    access: 'staff',
    idempotent: true,
    conditional: 'write',
    request: newProduct,
    responses: { 200: productResponseOfStaff },
    errors: ['sku_exists'],
  },
  'PATCH /api/admin/products/:id': {
    operationId: 'updateProduct',
    summary: 'Change a product',
    idempotent: true,
    description:
      'Sets the fields that the body contains. `stock` records a stock-take; `stock_delta` adds to the stock, so that two simultaneous corrections both count. `published: false` takes the product off sale: it leaves every public list and every cart until it is published again, and orders keep it.',
    access: 'staff',
    conditional: 'write',
    request: { stock_delta: -1 },
    responses: { 200: productResponseOfStaff },
    errors: ['insufficient_stock', 'stock_too_large', 'sku_exists'],
  },
  'DELETE /api/admin/products/:id': {
    operationId: 'deleteProduct',
    summary: 'Delete a product',
    description: 'Removes the product from every list and cart. Orders keep its name and price.',
    access: 'staff',
    conditional: 'write',
    responses: {
      200: {
        description: 'The product has been deleted.',
        schema: z.object({ detail: z.string() }),
        example: { detail: 'Product successfully deleted.' },
      },
    },
  },
  'GET /api/admin/products/:id/movements': {
    operationId: 'listStockMovements',
    summary: 'List the stock movements of a product',
    description:
      'Returns every change of the stock of the product, newest first, even after the product has been deleted.',
    access: 'staff',
    responses: {
      200: {
        description: 'A page of movements.',
        schema: listOf(Movement, 'StockMovementList'),
        example: onePage(movement),
      },
    },
  },
  'GET /api/admin/categories': {
    operationId: 'listCategoriesAsStaff',
    summary: 'List categories, never cached',
    description:
      'Returns the categories exactly as they are now, by name, each with its number of products and drafts.',
    access: 'staff',
    responses: { 200: categoryList },
  },
  'POST /api/admin/categories': {
    operationId: 'createCategory',
    summary: 'Create a category',
    description: 'Adds a category. Names are unique, regardless of case.',
    idempotent: true,
    access: 'staff',
    request: newCategory,
    responses: { 201: { ...categoryResponse, headers: ['Location', 'ETag'] } },
    errors: ['category_exists'],
  },
  'GET /api/admin/categories/:id': {
    operationId: 'getCategory',
    summary: 'Read a category, never cached',
    description:
      'Returns the category exactly as it is now, with the ETag that an edit may send as If-Match.',
    access: 'staff',
    conditional: 'read',
    responses: { 200: categoryResponse },
  },
  'PUT /api/admin/categories/:id': {
    operationId: 'replaceCategory',
    summary: 'Replace a category',
    description:
      'Sets name and description; a description that is left out becomes empty. Products stay in the category.',
    access: 'staff',
    conditional: 'write',
    request: newCategory,
    responses: { 200: categoryResponse },
    errors: ['category_exists'],
  },
  'PATCH /api/admin/categories/:id': {
    operationId: 'updateCategory',
    summary: 'Change a category',
    description:
      'Sets the fields that the body contains and keeps the others. Products stay in the category.',
    access: 'staff',
    conditional: 'write',
    request: { description: electronics.description },
    responses: { 200: categoryResponse },
    errors: ['category_exists'],
  },
  'DELETE /api/admin/categories/:id': {
    operationId: 'deleteCategory',
    summary: 'Delete an empty category',
    description: 'Removes a category that has no products; move or delete its products first.',
    access: 'staff',
    conditional: 'write',
    responses: { 204: { description: 'The category has been deleted.' } },
    errors: ['category_not_empty'],
  },
}
