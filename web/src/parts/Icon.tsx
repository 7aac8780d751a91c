/** Paths on a grid of 24 with 2 px strokes. Icons are decorative: each has a text or a label beside it. */
const PATHS = {
  library: 'M4 5v14M8 5v14M12 5v14M16 5.5l4 13',
  document: 'M7 3h7l4 4v14H7zM14 3v4h4M10 12h5M10 16h5',
  image: 'M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9h.01',
  audio: 'M9 18V6l10-2v12M9 18a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0zM19 16a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0z',
  video: 'M4 6h11v12H4zM15 10l5-3v10l-5-3',
  collection: 'M4 7h16v13H4zM6 4h12',
  trash: 'M5 7h14M10 4h4M7 7l1 13h8l1-13M10 11v5M14 11v5',
  account: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21c.8-4 4-6 8-6s7.2 2 8 6',
  plus: 'M12 5v14M5 12h14',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5 20 20',
  close: 'M6 6l12 12M18 6 6 18',
  check: 'M5 12.5l5 5L19 7',
  more: 'M12 6h.01M12 12h.01M12 18h.01',
  play: 'M8 5l11 7-11 7z',
  pause: 'M9 5v14M15 5v14',
  previousChapter: 'M6 5v14M18 5l-8 7 8 7z',
  nextChapter: 'M18 5v14M6 5l8 7-8 7z',
  fullScreen: 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5',
  queue: 'M4 6h16M4 12h9M4 18h9M17 11v8l5-4z',
  back: 'M15 5l-7 7 7 7',
  forward: 'M9 5l7 7-7 7',
  down: 'M6 9l6 6 6-6',
  up: 'M6 15l6-6 6 6',
  grid: 'M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z',
  list: 'M9 6h11M9 12h11M9 18h11M4.5 6h.01M4.5 12h.01M4.5 18h.01',
  upload: 'M12 16V4M7 9l5-5 5 5M4 17v3h16v-3',
  download: 'M12 4v12M7 11l5 5 5-5M4 18v2h16v-2',
  warning: 'M12 4 2.5 20h19zM12 10v4M12 17h.01',
  notice: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5M12 8h.01',
  handle: 'M9 6h.01M9 12h.01M9 18h.01M15 6h.01M15 12h.01M15 18h.01',
  listen: 'M4 13a8 8 0 0 1 16 0M4 13v5h3v-6H4.5M20 13v5h-3v-6h2.5',
  letters: 'M3 18 8 6l5 12M5 14h6M15 18l3-8 3 8M16 15.5h4',
  contents: 'M4 6h16M4 12h10M4 18h13',
  skip: 'M4 6l8 6-8 6zM12 6l8 6-8 6z',
  sleep: 'M19 14A8 8 0 1 1 10 5a6.5 6.5 0 0 0 9 9z',
  voice: 'M12 15a3.5 3.5 0 0 0 3.5-3.5v-4a3.5 3.5 0 0 0-7 0v4A3.5 3.5 0 0 0 12 15zM6 11.5a6 6 0 0 0 12 0M12 17.5V21',
  camera: 'M4 8h4l2-3h4l2 3h4v11H4zM12 16.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z',
  restore: 'M5 9h9a5 5 0 0 1 0 10H8M5 9l4-4M5 9l4 4',
  edit: 'M5 19h3L18 9l-3-3L5 16zM13 8l3 3',
  tag: 'M4 4h8l8 8-8 8-8-8zM8.5 8.5h.01',
  menu: 'M4 7h16M4 12h16M4 17h16',
  minus: 'M5 12h14',
  follow: 'M12 4v3M12 17v3M4 12h3M17 12h3M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z',
  print: 'M7 8V4h10v4M7 17H4V8h16v9h-3M7 14h10v6H7z',
  contrast: 'M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18M15 6.5v11M18 9v6',
  offline:
    'M3 3l18 18M5 12.5a10 10 0 0 1 4-2.3M2 9a14.5 14.5 0 0 1 5-3.1M12 6a14.5 14.5 0 0 1 10 3M16 11.2a10 10 0 0 1 3 1.8M8.5 16a5 5 0 0 1 7 0M12 19.5h.01',
  device: 'M8 3h8v18H8zM11 18h2',
  keyboard: 'M3 7h18v11H3zM7 11h.01M11 11h.01M15 11h.01M8 14.5h8',
  bookmark: 'M7 4h10v16l-5-4-5 4z',
  note: 'M5 4h14v11l-5 5H5zM14 20v-5h5M8.5 9h7M8.5 12.5h4',
  notes: 'M8 4h11v13H8zM5 7v13h11M11.5 8.5h4M11.5 12.5h4',
  link: 'M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7L12 7M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7L12 17',
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3M12 15v1',
  share: 'M12 15V4M8 8l4-4 4 4M7 12H5v8h14v-8h-2',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  )
}
