import { avatarCells, avatarHue } from './avatar-cells.ts';

/** An agent's generated picture: the same for the same id, everywhere. Decorative, since the name stands beside it. */
export function Avatar({ id, className = 'size-9' }: { id: string; className?: string }) {
  const hue = avatarHue(id);
  return (
    <svg viewBox="-1 -1 7 7" aria-hidden className={`shrink-0 rounded-lg ${className}`} shapeRendering="crispEdges">
      <rect x="-1" y="-1" width="7" height="7" fill={`hsl(${hue} 45% 88%)`} />
      {avatarCells(id).map(([x, y]) => (
        <rect key={`${x} ${y}`} x={x} y={y} width="1" height="1" fill={`hsl(${hue} 60% 40%)`} />
      ))}
    </svg>
  );
}
