"""Deep Q-learning of a pole that is to be balanced on a cart, as it is written for PyTorch.

Only the imports are others. In PyTorch they are ``import torch`` and ``from torch import nn, optim``. The cart is that
of Barto, Sutton and Anderson, "Neuronlike adaptive elements that can solve difficult learning control problems" (1983).
"""

import math
import random
from collections import deque, namedtuple

import numpy as np

import autograd_lite as torch
from autograd_lite import nn, optim

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
Transition = namedtuple("Transition", ("state", "action", "next_state", "reward"))


class CartPole:
    """A pole on a cart that is pushed to the left or to the right, 50 times a second."""

    def __init__(self, seed=0):
        self.rng = np.random.default_rng(seed)

    def reset(self):
        self.state, self.steps = self.rng.uniform(-0.05, 0.05, 4), 0
        return self.state

    def step(self, action):
        x, v, angle, spin = self.state
        force, mass, pole, half, g, dt = 10.0 if action else -10.0, 1.1, 0.1, 0.5, 9.8, 0.02
        pull = (force + pole * half * spin**2 * math.sin(angle)) / mass
        turn = g * math.sin(angle) - math.cos(angle) * pull
        turn /= half * (4 / 3 - pole * math.cos(angle) ** 2 / mass)
        push = pull - pole * half * turn * math.cos(angle) / mass
        self.state = np.array([x + dt * v, v + dt * push, angle + dt * spin, spin + dt * turn])
        self.steps += 1
        fallen = abs(self.state[0]) > 2.4 or abs(self.state[2]) > 12 * math.pi / 180
        return self.state, 1.0, fallen, self.steps >= 200


class DQN(nn.Module):
    def __init__(self, n_observations=4, n_actions=2):
        super().__init__()
        self.layer1 = nn.Linear(n_observations, 64)
        self.layer2 = nn.Linear(64, 64)
        self.layer3 = nn.Linear(64, n_actions)

    def forward(self, x):
        x = torch.relu(self.layer1(x))
        x = torch.relu(self.layer2(x))
        return self.layer3(x)


def make(dtype=torch.float32):
    return DQN().to(device).to(dtype)


def optimize_model(policy_net, target_net, optimizer, memory, batch_size=64, gamma=0.99):
    batch = Transition(*zip(*random.sample(memory, batch_size)))
    non_final_mask = torch.tensor([s is not None for s in batch.next_state], device=device, dtype=torch.bool)
    non_final_next_states = torch.cat([s for s in batch.next_state if s is not None])
    state_batch, action_batch, reward_batch = torch.cat(batch.state), torch.cat(batch.action), torch.cat(batch.reward)

    state_action_values = policy_net(state_batch).gather(1, action_batch)
    next_state_values = torch.zeros(batch_size, device=device, dtype=reward_batch.dtype)
    with torch.no_grad():
        next_state_values[non_final_mask] = target_net(non_final_next_states).max(dim=1).values
    expected_state_action_values = (next_state_values * gamma) + reward_batch

    criterion = nn.SmoothL1Loss()
    loss = criterion(state_action_values, expected_state_action_values.unsqueeze(1))
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_value_(policy_net.parameters(), 100)
    optimizer.step()
    return loss.item()


def select_action(policy_net, state, epsilon):
    if random.random() > epsilon:
        with torch.no_grad():
            return policy_net(state).argmax(1).view(1, 1)
    return torch.tensor([[random.randrange(2)]], device=device, dtype=torch.long)


def train(policy_net, episodes=150, tau=0.01, log_interval=25):
    """Return the loss of each step, and the length of each episode."""
    dtype = next(policy_net.parameters()).dtype
    target_net = DQN().to(device).to(dtype)
    target_net.load_state_dict(policy_net.state_dict())
    optimizer = optim.AdamW(policy_net.parameters(), lr=1e-3, amsgrad=True)
    memory, env, losses, lengths = deque([], maxlen=10000), CartPole(), [], []
    for episode in range(episodes):
        state, done = torch.tensor(env.reset(), dtype=dtype, device=device).unsqueeze(0), False
        while not done:
            action = select_action(policy_net, state, 0.05 + 0.85 * math.exp(-len(losses) / 1000))
            observation, reward, terminated, truncated = env.step(action.item())
            done = terminated or truncated
            next_state = None if terminated else torch.tensor(observation, dtype=dtype, device=device).unsqueeze(0)
            memory.append(Transition(state, action, next_state, torch.tensor([reward], dtype=dtype, device=device)))
            state = next_state
            if len(memory) < 64:
                continue
            losses.append(optimize_model(policy_net, target_net, optimizer, memory))
            target_net_state_dict, policy_net_state_dict = target_net.state_dict(), policy_net.state_dict()
            for key in policy_net_state_dict:
                target_net_state_dict[key] = policy_net_state_dict[key] * tau + target_net_state_dict[key] * (1 - tau)
            target_net.load_state_dict(target_net_state_dict)
        lengths.append(env.steps)
        if episode % log_interval == 0:
            print(f"episode {episode}: {env.steps} steps")
    return losses, lengths


def main():
    random.seed(0)
    torch.manual_seed(0)
    _, lengths = train(make())
    print(f"mean of the last 20 episodes: {sum(lengths[-20:]) / 20:.0f} steps of at most 200")


if __name__ == "__main__":
    main()
