/** The picture beside the name, inline so that it is there without a network. The same as public/icon.svg. */
export function Wordmark({ size = 30 }: { size?: number }) {
  return (
    <svg viewBox="0 0 64 64" width={size} height={size} aria-hidden="true" focusable="false">
      <rect width="64" height="64" rx="15" fill="#0f5c63" />
      <path d="M27 24h10l4 28H23z" fill="#fff" />
      <path d="M26 14h12v8H26z" fill="#ffc94d" />
      <path d="M24 10.5 32 6l8 4.5V13H24z" fill="#fff" />
      <path d="M42 15l16-5v16l-16-5zM22 15 6 10v16l16-5z" fill="#ffc94d" opacity=".75" />
    </svg>
  )
}
