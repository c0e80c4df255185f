import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import {
  Activity,
  Bot,
  BrainCircuit,
  ChartColumn,
  CircleDollarSign,
  CircleUser,
  CreditCard,
  Inbox,
  KeyRound,
  type LucideIcon,
  Plus,
  ScrollText,
  Server,
  Users,
  Wallet,
} from 'lucide-react';

interface Item {
  href: string;
  name: MessageDescriptor;
  icon: LucideIcon;
}
/** The pages of the dashboard, as the navigation groups them. */
export const groups: { name: MessageDescriptor; admin?: true; items: Item[] }[] = [
  {
    name: msg`Agents`,
    items: [
      { href: '/agents', name: msg`Agents`, icon: Bot },
      { href: '/agents/new', name: msg`New agent`, icon: Plus },
    ],
  },
  {
    name: msg`Account`,
    items: [
      { href: '/account', name: msg`Account`, icon: CircleUser },
      { href: '/account/usage', name: msg`Usage`, icon: ChartColumn },
      { href: '/account/model-keys', name: msg`Model keys`, icon: BrainCircuit },
      { href: '/account/keys', name: msg`API keys`, icon: KeyRound },
      { href: '/account/billing', name: msg`Plan and billing`, icon: CreditCard },
      { href: '/account/wallets', name: msg`Wallets`, icon: Wallet },
      { href: '/account/audit', name: msg`Audit log`, icon: ScrollText },
    ],
  },
  {
    name: msg`Administration`,
    admin: true,
    items: [
      { href: '/admin', name: msg`Health`, icon: Activity },
      { href: '/admin/users', name: msg`Users`, icon: Users },
      { href: '/admin/plan-requests', name: msg`Plan requests`, icon: Inbox },
      { href: '/admin/agents', name: msg`All agents`, icon: Bot },
      { href: '/admin/nodes', name: msg`Nodes`, icon: Server },
      { href: '/admin/usage', name: msg`Top spenders`, icon: CircleDollarSign },
      { href: '/admin/model-keys', name: msg`Shared model keys`, icon: BrainCircuit },
      { href: '/admin/audit', name: msg`Audit`, icon: ScrollText },
    ],
  },
];
