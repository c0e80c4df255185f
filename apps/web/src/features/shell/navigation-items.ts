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
  name: string;
  icon: LucideIcon;
}
/** The pages of the dashboard, as the navigation groups them. */
export const groups: { name: string; admin?: true; items: Item[] }[] = [
  {
    name: 'Agents',
    items: [
      { href: '/agents', name: 'Agents', icon: Bot },
      { href: '/agents/new', name: 'New agent', icon: Plus },
    ],
  },
  {
    name: 'Account',
    items: [
      { href: '/account', name: 'Account', icon: CircleUser },
      { href: '/account/usage', name: 'Usage', icon: ChartColumn },
      { href: '/account/model-keys', name: 'Model keys', icon: BrainCircuit },
      { href: '/account/keys', name: 'API keys', icon: KeyRound },
      { href: '/account/billing', name: 'Plan and billing', icon: CreditCard },
      { href: '/account/wallets', name: 'Wallets', icon: Wallet },
      { href: '/account/audit', name: 'Audit log', icon: ScrollText },
    ],
  },
  {
    name: 'Administration',
    admin: true,
    items: [
      { href: '/admin', name: 'Health', icon: Activity },
      { href: '/admin/users', name: 'Users', icon: Users },
      { href: '/admin/plan-requests', name: 'Plan requests', icon: Inbox },
      { href: '/admin/agents', name: 'All agents', icon: Bot },
      { href: '/admin/nodes', name: 'Nodes', icon: Server },
      { href: '/admin/usage', name: 'Top spenders', icon: CircleDollarSign },
      { href: '/admin/model-keys', name: 'Shared model keys', icon: BrainCircuit },
      { href: '/admin/audit', name: 'Audit', icon: ScrollText },
    ],
  },
];
