import { beforeAll, describe, expect, it } from 'vitest'
import { get } from './http.ts'
import { aCategory, aProduct } from './shop.ts'

const found = async (search: string): Promise<{ name: string; description: string }[]> =>
  (await get(`/api/products/?page_size=100&search=${encodeURIComponent(search)}`)).body.results

interface Case {
  /** The name of one product and the description of another. */
  text: string
  /** Searches that find both. */
  finds: string[]
  /** Searches that find the name, whose words are joined over any space. */
  findsName?: string[]
  /** Searches that find neither. */
  misses?: string[]
}

const CASES: Case[] = [
  // Signs
  {
    text: 'Aeropress™ Coffee Maker',
    finds: ['aeropress coffee maker', 'aeropress', 'AeroPress®', 'aeropress™ coffee'],
    findsName: ['coffeemaker', 'coffeemakers', 'coffee-maker'],
    misses: ['aeropresstm', 'aeropressr'],
  },
  { text: 'Dynamo℠ Wash® ©2024', finds: ['dynamo wash', 'wash 2024', 'dynamo℠'], misses: ['dynamosm'] },
  { text: 'Ⓡudder™️ grip', finds: ['udder grip', 'grip™'] },
  { text: '№5 Parfum', finds: ['no 5', 'no5', '№ 5', 'nº5', 'N°5 parfum', 'parfum no. 5'] },
  { text: 'Chanel N°19', finds: ['no 19', 'no. 19', 'n°19', 'nº 19', 'N.º 19', '№19'] },
  { text: '1ª edición, 2º tomo', finds: ['1a edicion', '1ª', '2o tomo', '2º', 'edicion 1'] },
  { text: 'Plank 2½ m', finds: ['plank 2 1/2', '2½', 'plank 1/2'], misses: ['plank 21', 'plank 12'] },
  { text: 'Tiles, 12 m² or H₂O', finds: ['12 m2', '12m²', 'tiles m²', 'h2o', 'H₂O', 'tiles 12m2'] },
  { text: 'Sieve 10 µm', finds: ['10 um', '10µm', '10μm', 'sieve um'] },
  { text: 'Thermometer to 80℃', finds: ['80 c', '80°C', '80 °c thermometer', '80℃'] },
  { text: 'Rug 20×30 cm', finds: ['rug 20x30', '20×30 rug', 'rug 20 30', 'rug 30cm', 'rug 20*30', '20х30', '20 x 30'] },
  { text: 'Panel 40*60*2', finds: ['panel 40x60', '40×60×2'], misses: ['panel 4060'] },
  { text: 'Puzzle of 1,000 pieces', finds: ['puzzle 1000', 'puzzle 1,000', 'puzzle 1’000'] },
  { text: 'Bricks: 12’500 or 30\u202f000 pieces', finds: ['bricks 12500', 'bricks 30000', '12,500', '12 500'] },
  { text: 'Nägel, 1.000 Stück', finds: ['1000 stück', '1.000', '1,000 naegel', '1 000'] },
  { text: 'Screws 2000', finds: ['2.000 screws', '2 000', '2’000'], misses: ['200 zero'] },
  {
    text: 'Salt & pepper by H&M',
    finds: ['salt and pepper', 'salt & pepper', 'h&m', 'hm salt', 'h and m'],
    misses: ['salt or pepper'],
  },
  { text: '10% off… for “Ｔwo”', finds: ['10% off', 'off for two', '"two"', '«two»'] },
  // However it is encoded
  { text: 'Зелёный чай, 녹차, ガラス'.normalize('NFD'), finds: ['зелёный чай', '녹차', 'ガラス', 'ｶﾞﾗｽ', '녹', 'чай'], misses: ['カラス'] },
  { text: 'Crème brûlée Ångström Việt'.normalize('NFD'), finds: ['creme brulee', 'CRÈME', 'angstrom', 'viet', 'việt'] },
  { text: 'Crêpe pan, mañana', finds: ['Crêpe'.normalize('NFD'), 'mañana'.normalize('NFD'), 'crepe manana', 'CREPES'] },
  { text: 'ﾊﾟﾝ ぱんケース', finds: ['パン', 'ﾊﾟﾝ', 'ぱん', 'ぱんケース'.normalize('NFD')], misses: ['バン', 'はん'] },
  { text: 'Kaffee\u00admaschine', finds: ['kaffeemaschine', 'Kaffee\u200bmaschine', 'kaffee'] },
  { text: 'Tee\u200bkanne\u2060n\ufeffhalter', finds: ['teekannenhalter', 'tee\u00adkannen\u200dhalter'] },
  { text: '\u202aRed\u202c\u200f wag\u200con\u034f\u2066!\u2069', finds: ['red wagon', 'wag\u200bon', '\u200ered'] },
  { text: 'Heart\ufe0f ❤️ mug\u{e0100}s 👩‍🌾', finds: ['heart mugs', 'mug ❤️', '👩‍🌾 heart'] },
  { text: 'Non\u00a0breaking\u3000space\u2009here', finds: ['non breaking', 'space here', 'breaking\u00a0space'] },
  { text: 'Ｆｕｌｌ ｗｉｄｔｈ ７５０ｍｌ', finds: ['full width 750ml', '７５０ ml', 'ＦＵＬＬ'] },
  { text: 'Top 1️⃣ 𝐁𝐨𝐥𝐝 ② Ⅷ', finds: ['top 1 bold 2', '1️⃣ top', 'top viii'] },
  { text: 'eﬃcient oﬀice ﬁlm ﬂask', finds: ['efficient office', 'eﬃcient', 'film flask', 'ﬁlm ﬂasks'] },
  { text: '㎏ scale, 500㎖, ５㎝', finds: ['kg scale', '500ml', '500 ml', '5cm'] },
  // Letters
  { text: 'Κόκκινο κρασί', finds: ['ΚΟΚΚΙΝΟ ΚΡΑΣΙ', 'κοκκινο', 'κρασι', 'ΚΌΚΚΙΝΟ'] },
  { text: 'ΟΔΥΣΣΕΥΣ', finds: ['οδυσσεύς', 'οδυσσευσ', 'Οδυσσεύς'] },
  { text: 'Προϊόν ρΐγος, ἀγάπη', finds: ['ΠΡΟΙΟΝ', 'προιον ριγος', 'προϊον', 'αγαπη', 'ΡΙΓΟΣ'] },
  { text: 'Зелёный', finds: ['зеленый', 'ЗЕЛЕНЫЙ', 'зелёный', 'ЗЕЛЁНЫЙ'], misses: ['зелении'] },
  { text: 'Трехлитровый чайник', finds: ['трёхлитровый', 'ЧАЙНИК', 'чайник'.normalize('NFD')] },
  { text: 'Ґанок, їжак і мій', finds: ['ганок', 'їжак', 'ЇЖАК', 'мій', 'ґанок'], misses: ['їжак мии'] },
  { text: 'Półka dębowa', finds: ['polka debowa', 'PÓŁKA', 'półka', 'polka'] },
  { text: 'Žluťoučký kůň, čaj', finds: ['zlutoucky kun', 'ČAJ', 'caj'] },
  { text: 'Gyümölcs őszi fűz', finds: ['gyumolcs', 'oszi fuz', 'gyuemoelcs'] },
  { text: 'Fußball', finds: ['fussball', 'FUSSBALL', 'FUẞBALL', 'fußball'], misses: ['fusball'] },
  { text: 'Grosse Strasse', finds: ['große', 'straße', 'GROẞE STRAßE'] },
  { text: 'Œuf de Pâques', finds: ['oeuf', 'ŒUF paques', 'œufs'] },
  { text: 'Rødgrød Bænk', finds: ['rodgrod', 'roedgroed', 'RØDGRØD baenk', 'rödgröd'] },
  { text: 'Đorđe Þór Eyðimörk', finds: ['dorde', 'thor', 'eydimork', 'þór', 'ÐORÐE'] },
  { text: 'İstanbul ılık çay', finds: ['istanbul', 'ISTANBUL', 'ilik', 'İSTANBUL', 'ILIK ÇAY', 'cay'] },
  { text: 'Käsemesser für Bücher', finds: ['kaesemesser', 'kasemesser fur buecher', 'KÄSEMESSER FÜR BÜCHER'] },
  {
    text: 'Über-Größe, Fünf-Tüten-Tee',
    finds: ['übergröße', 'uebergroesse', 'ubergrosse', 'ueber groesse', 'fuenftuetentee', 'fünftütentee'],
  },
  { text: 'Muesli Gewuerz', finds: ['müsli', 'MÜSLI gewürz', 'muesli'] },
  { text: 'Phở Đặc Biệt', finds: ['pho dac biet', 'PHỞ', 'đặc'] },
  { text: 'Piñata jalapeño', finds: ['pinata', 'JALAPEÑO', 'jalapenos'] },
  { text: 'ĳsje en Ĳmuiden', finds: ['ijsje', 'IJMUIDEN', 'ĳmuiden', 'ijsjes'] },
  { text: 'Smörgåsbord', finds: ['smorgasbord', 'smoergaasbord', 'SMÖRGÅSBORD'] },
  { text: 'Ţesut șervețel Ħal', finds: ['tesut servetel', 'șervețel', 'ŞERVEŢEL', 'hal'] },
  { text: 'Col·lecció d’aigua', finds: ['colleccio', 'col·leccio', 'aigua', 'daigua', 'coŀlecció'] },
  { text: 'کتاب‌های فارسی', finds: ['كتابهاي', 'کتابهای', 'فارسى'] },
  { text: 'قَهْوَة عربية ٥٠٠ غ', finds: ['قهوة', 'قهوه', '500', 'قهـــوة', '۵۰۰'] },
  { text: 'أكواب إناء', finds: ['اكواب', 'اناء', 'أكواب'] },
  { text: 'שָׁלוֹם', finds: ['שלום'] },
  { text: 'चाय ५०० ग्राम', finds: ['चाय', '500', 'ग्राम'] },
  // Numbers and units
  { text: 'Flask 750ml', finds: ['750ml', '750 ml', 'flask 750 ML', '750 ml flask', '750-ml'], misses: ['75ml', '50 ml flask'] },
  { text: 'Jar 330 ml', finds: ['330ml', '330 ML', '330ml jar', 'jar 330', 'jars 330ml'], misses: ['33ml'] },
  { text: 'Pan, 28 cm', finds: ['28cm', '28 cm', 'pan 28cm', '28-cm'] },
  { text: 'Skillet 26cm', finds: ['26 cm', '26cm', 'skillet 26', '26 skillets'] },
  { text: 'Flour 500g', finds: ['500 g', '500g', '500 g flour', 'flour 500'], misses: ['500kg', '5000 g', '50 g'] },
  { text: 'Rye 400 g', finds: ['400g', '400g rye', 'rye 400'] },
  { text: 'Kettle 1.7l', finds: ['1.7 l', '1,7l kettle', '1.7l', '1,7 l', 'kettle 1.7'], misses: ['17l', '17 l'] },
  { text: 'Pot 2,5 l', finds: ['2.5l', '2,5l', 'pot 2.5', '2.5 l'], misses: ['25l', '25 l'] },
  { text: 'Case for iPhone15', finds: ['iphone 15', 'iphone15', 'case iphone', '15 case', 'cases iphone-15'] },
  { text: 'Skin iPhone 16 Pro', finds: ['iphone16', 'iphone16pro', 'iphone 16pro', 'iphone-16-pro skins'] },
  { text: 'Cable USB 3', finds: ['usb3', 'usb-3', 'cable usb 3', 'usb 3 cables'] },
  { text: 'Laptop 2 in 1', finds: ['2in1', '2-in-1', '2 in 1 laptops'] },
  { text: 'Towel 3in1', finds: ['3 in 1', '3-in-1 towel'] },
  { text: 'Paper A4, 80 g/m²', finds: ['a4', 'a 4 paper', 'A-4', '80 g/m2', '80g/m²'] },
  { text: 'Battery 9V, 5000mAh', finds: ['9 v', '9v', '5000 mah', '5000mah batteries'] },
  // Hyphens and apostrophes
  { text: 'T-shirt, plain', finds: ['tshirt', 't shirt', 't-shirts', 'tshirts', 'T‑Shirt', 'tshir', 'shirt', 't-shi', 't—shirt'] },
  { text: 'Tshirt, striped', finds: ['t-shirt striped', 't shirt striped', 't-shirts striped', 'striped t-shi'] },
  { text: 'T shirt, dotted', finds: ['tshirt dotted', 't-shirt dotted', 'tshirts dotted'] },
  { text: 'O’Neill jacket', finds: ["o'neill", 'oneill', 'o neill', 'oneill jackets', 'O´Neill', 'OʼNeill', 'o‘neill', 'O＇Neill', 'o`neill'] },
  { text: 'Oneill cap', finds: ["o'neill cap", 'o neill caps', 'o’neill'] },
  { text: 'Wi-Fi router', finds: ['wifi', 'wi fi router', 'wi‑fi', 'WIFI ROUTERS', 'wi\u00adfi', 'wi–fi', 'wi−fi'] },
  { text: 'Wifi plug', finds: ['wi-fi plug', 'wi fi plugs', 'plug wi-f'] },
  { text: 'Wi Fi lamp', finds: ['wifi lamp', 'wi-fi lamps', 'lamp wifi'] },
  { text: 'USB-C hub', finds: ['usb c', 'usbc', 'usb-c', 'usbc hubs', 'hub usb‑c'] },
  { text: 'Dock USB C', finds: ['usbc dock', 'usb-c', 'dock usb c', 'docks usbc'] },
  { text: 'Usbc dongle', finds: ['usb-c dongle', 'usb c dongles'] },
  { text: 'E-book, x-ray & co-op', finds: ['ebook', 'e book', 'xray', 'x ray', 'coop', 'co op', 'ebooks'] },
  { text: 'Jack-o’-lantern', finds: ['jackolantern', "jack-o'-lantern", 'jack o lantern', 'jack-o-lanterns'] },
  { text: 'Rock’n’roll poster', finds: ["rock'n'roll", 'rocknroll', 'rock n roll posters'] },
  { text: "Men's shoes", finds: ["men's shoe", 'mens shoes', 'men shoe', 'men’s shoes'] },
  { text: 'Gentlemen and firemen', finds: ['gentleman', 'fireman gentlemen'] },
  { text: 'Women boots', finds: ["women's boots", 'womens boot', 'woman boots', 'women’s'] },
  { text: "Levi's denim", finds: ['levis', 'levi', 'levi’s denims', "levi's"] },
  { text: 'Bakers dozen', finds: ["baker's dozen", 'bakers’ dozen', 'baker dozen'] },
  { text: 'L’Oréal Node.js AC/DC', finds: ['loreal', "l'oreal", 'l oréal nodejs', 'node.js', 'acdc', 'ac dc'] },
  { text: 'Coca‑Cola® 6-pack', finds: ['cocacola', 'coca cola', '6pack', '6 packs', 'coca-cola 6 pack'] },
  { text: 'HDMI2.1 or 2.4GHz', finds: ['hdmi 2.1', 'hdmi2.1', '2,4 ghz', '2.4ghz'] },
  { text: 'Tシャツ Ｌサイズ', finds: ['tシャツ', 'シャツ', 'Ｔシャツ', 'lサイズ', 'サイズ l'] },
  { text: 'צ׳יפס', finds: ["צ'יפס", 'ציפס'] },
  { text: 'U.S.A. flag, snake_case', finds: ['usa flag', 'u.s.a. flags', 'snakecase', 'snake case'] },
  // Plurals
  { text: 'Enamel mug', finds: ['enamel mugs', 'mugs enamel', 'enamel mug'], misses: ['enamel muggy'] },
  { text: 'Shaving brush', finds: ['brushes shaving', 'shaving brushes', 'shaving brushe'] },
  { text: 'Forest berries', finds: ['forest berry', 'berry forest', 'forest berrie'] },
  { text: 'Elder berry', finds: ['elder berries', 'berries elder', 'elder berri', 'elder berrie'] },
  { text: 'Cookie box', finds: ['cookies boxes', 'boxes cookie', 'cookie boxe'] },
  { text: 'Side dishes', finds: ['side dish', 'dish side'] },
  { text: 'Paring knives', finds: ['knife paring', 'paring knife'] },
  { text: 'Corner shelf', finds: ['shelves corner', 'corner shelves'] },
  { text: 'Lens cloth', finds: ['lenses cloth', 'cloths lens', 'lens'] },
  { text: 'Wine glass', finds: ['wine glasses', 'glasses wine', 'glass wine'], misses: ['wines glas glasss'] },
  { text: 'Swiss gas bus', finds: ['swiss', 'gas bus', 'buses swiss', 'gas swiss'], misses: ['swis bus', 'ga bus', 'bu swiss'] },
  { text: 'Swimming cape', finds: ['swimming capes'], misses: ['swimming caps'] },
  { text: 'Crème fraîche crêpes, cafés', finds: ['crepe', 'crêpe fraiche', 'cafe', 'café crêpe'] },
  { text: 'Potato and tomatoes', finds: ['potatoes tomato', 'tomato potato'] },
  { text: 'Toys for children', finds: ['toy child', 'childs toy', "children's toys", 'toy for child'] },
  { text: 'Scissors, trousers', finds: ['scissor', 'trouser scissors', 'trousers'] },
  // Scripts without spaces
  { text: '有機緑茶', finds: ['緑茶', '有機', '緑', '茶', '機緑茶', '有機緑茶', '有機 緑茶'], misses: ['茶緑', '緑機'] },
  { text: 'コーヒー豆セット', finds: ['豆', 'コーヒー', 'コーヒー豆', 'セット', '豆 コーヒー', 'コーヒ'], misses: ['豆コーヒー'] },
  { text: 'コーヒー豆 200g', finds: ['コーヒー豆 200g', '200 g コーヒー', '豆 200', '豆 200g', '200g 豆'], misses: ['豆 20g'] },
  { text: 'アイス・ティー', finds: ['アイスティー', 'アイス・ティー', 'アイス ティー', 'ティー', 'ｱｲｽ･ﾃｨｰ'] },
  { text: '桜 湯呑み', finds: ['湯呑み 桜', '湯呑', '呑み'], findsName: ['桜湯呑み'] },
  { text: 'กาแฟคั่วบดอย่างดี', finds: ['คั่ว', 'กาแฟ', 'อย่างดี', 'บด', 'กาแ'], misses: ['คว'] },
  { text: 'ชาเขียว ๒๕๐ กรัม', finds: ['ชา', 'เขียว', 'ชาเขียว 250', '250 กรัม', '๒๕๐'] },
  { text: '녹차선물세트', finds: ['선물', '세트', '녹차', '차', '녹차 세트', '선물세트'.normalize('NFD')], misses: ['물녹'] },
  { text: '홍차 머그', finds: ['홍차', '머그', '머그 홍차'], findsName: ['홍차머그'] },
  { text: '龙井绿茶礼盒', finds: ['绿茶', '龙井', '礼盒', '茶礼', '盒'], misses: ['龙绿'] },
  { text: 'USBケーブル2m', finds: ['usb', 'ケーブル', 'usbケーブル', 'ケーブル 2m', '2 m usb', 'ケーブル2m'] },
  { text: '抹茶100g入り', finds: ['抹茶', '100g', '100 g', '抹茶 100g', '入り', '抹茶100g'] },
] // prettier-ignore

describe('a search as people type it', () => {
  beforeAll(async () => {
    for (const { text } of CASES) {
      await aProduct({ name: text, description: '' })
      await aProduct({ name: 'Described', description: text })
    }
  }, 60_000)

  it.each(CASES)('$text', async ({ text, finds, findsName = [], misses = [] }) => {
    for (const search of finds) {
      const products = await found(search)
      expect(products, search).toContainEqual(expect.objectContaining({ name: text }))
      expect(products, search).toContainEqual(expect.objectContaining({ description: text }))
    }
    for (const search of findsName) {
      expect(await found(search), search).toContainEqual(expect.objectContaining({ name: text }))
    }
    for (const search of misses) {
      const products = await found(search)
      expect(products, search).not.toContainEqual(expect.objectContaining({ name: text }))
      expect(products, search).not.toContainEqual(expect.objectContaining({ description: text }))
    }
  })

  it.each(['☕', '👩‍🌾 ❤️', '🇫🇷', '!?…', '— – -', '™', '\u200b\u00ad', '%', '“”', '・', '\ufe0f'])(
    'finds nothing for %j, which has no word',
    async (search) => {
      expect(await found(search)).toEqual([])
    },
  )

  it.each([
    ['words', 'ab-c’d 1.5l ü '.repeat(15)],
    ['letters with hyphens', 'y-z-'.repeat(50)],
    ['letters', Array.from({ length: 100 }, (_, n) => String.fromCodePoint(0xe0 + n)).join(' ')],
    ['a long word', 'ß'.repeat(200)],
    ['characters in a row', Array.from({ length: 200 }, (_, n) => String.fromCodePoint(0x4e00 + n)).join('')],
    ['changes of script', '茶zz'.repeat(66)],
    ['characters that expand', 'ﷺ'.repeat(200)],
    ['characters that expand into kana', '㌀'.repeat(200)],
    ['numbers with units', Array.from({ length: 40 }, (_, n) => `${n}cm`).join(' ')],
  ])('answers a search of 200 characters: %s', async (_, search) => {
    expect(await found(search.slice(0, 200))).toEqual([])
  })

  it('ranks exact words before softened ones, and those in the name first', async () => {
    for (const [name, description] of [
      ['A thing', 'goes with a gizmo'],
      ['Gizmo', 'soft, in the name'],
      ['Another thing', 'goes with gizmos'],
      ['Gizmos', 'exact, in the name'],
    ] as const)
      await aProduct({ name, description })
    const names = async (search: string) => (await found(search)).map(({ name }) => name)
    expect(await names('gizmos')).toEqual(['Gizmos', 'Another thing', 'Gizmo', 'A thing'])
    expect((await names('gizmo')).toSorted()).toEqual(['A thing', 'Another thing', 'Gizmo', 'Gizmos'])
    expect(await names('gizmo thing')).toEqual(['A thing', 'Another thing'])
  })

  it('ranks what is written as in the search first, whichever form it has', async () => {
    for (const name of ['Quux-5', 'Quux5', 'Quux 5']) await aProduct({ name })
    const names = async (search: string) => (await found(search)).map(({ name }) => name)
    expect((await names('quux5'))[0]).toBe('Quux5')
    expect((await names('quux 5')).slice(0, 2)).toEqual(['Quux-5', 'Quux 5'])
    expect(await names('quux5')).toHaveLength(3)
  })

  it('finds products by the name of their category, as people type it', async () => {
    const { id: category } = await aCategory({ name: 'Kaffee-Mühlen' })
    await aProduct({ name: 'Model Z', category })
    for (const search of ['kaffeemühlen', 'kaffee muehlen model', 'KAFFEE-MUHLEN', 'models kaffeemühlen'])
      expect(
        (await found(search)).map(({ name }) => name),
        search,
      ).toEqual(['Model Z'])
  })
})
