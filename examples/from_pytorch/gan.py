"""A Wasserstein GAN with a gradient penalty that learns a ring of eight clouds, as it is written for PyTorch.

Only the imports are others. In PyTorch they are ``import torch``, ``import torch.nn as nn`` and ``import torch.optim as
optim``.
"""

import math

import autograd_lite as torch
import autograd_lite.nn as nn
import autograd_lite.optim as optim

LATENT = 4


class Generator(nn.Module):
    def __init__(self, hidden=64):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(LATENT, hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, 2),
        )

    def forward(self, z):
        return self.net(z)


class Critic(nn.Module):
    def __init__(self, hidden=64):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(2, hidden),
            nn.LeakyReLU(0.2),
            nn.Linear(hidden, hidden),
            nn.LeakyReLU(0.2),
            nn.Linear(hidden, 1),
        )

    def forward(self, x):
        return self.net(x).view(-1)


class Networks(nn.Module):
    """Both of them."""

    def __init__(self):
        super().__init__()
        self.generator, self.critic = Generator(), Critic()


def make(dtype=torch.float32):
    return Networks().to(dtype)


def clouds(n, dtype):
    """Return points of eight clouds on a circle."""
    angle = torch.randint(0, 8, (n,)).to(dtype) * (2 * math.pi / 8)
    return torch.stack([torch.cos(angle), torch.sin(angle)], dim=1) + 0.05 * torch.randn(n, 2, dtype=dtype)


def gradient_penalty(critic, real, fake):
    alpha = torch.rand(real.shape[0], 1, dtype=real.dtype)
    interpolates = (alpha * real + (1 - alpha) * fake).requires_grad_(True)
    scores = critic(interpolates)
    gradients = torch.autograd.grad(
        outputs=scores,
        inputs=interpolates,
        grad_outputs=torch.ones_like(scores),
        create_graph=True,
        retain_graph=True,
    )[0]
    return ((gradients.norm(2, dim=1) - 1) ** 2).mean()


def train(model, steps=500, batch=128, lambda_gp=1.0, n_critic=3, log_interval=100):
    """Return the losses of the critic and of the generator, step by step."""
    generator, critic = model.generator, model.critic
    dtype = next(model.parameters()).dtype
    optimizer_g = optim.Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.9))
    optimizer_d = optim.Adam(critic.parameters(), lr=1e-3, betas=(0.5, 0.9))
    losses = []
    for step in range(steps):
        for _ in range(n_critic):
            real = clouds(batch, dtype)
            fake = generator(torch.randn(batch, LATENT, dtype=dtype)).detach()
            d_loss = -torch.mean(critic(real)) + torch.mean(critic(fake))
            d_loss = d_loss + lambda_gp * gradient_penalty(critic, real, fake)
            optimizer_d.zero_grad()
            d_loss.backward()
            optimizer_d.step()
        for p in critic.parameters():
            p.requires_grad_(False)
        g_loss = -critic(generator(torch.randn(batch, LATENT, dtype=dtype))).mean()
        optimizer_g.zero_grad()
        g_loss.backward()
        optimizer_g.step()
        for p in critic.parameters():
            p.requires_grad_(True)
        losses += [d_loss.item(), g_loss.item()]
        if step % log_interval == 0:
            print(f"step {step}: critic {d_loss.item():.3f}, generator {g_loss.item():.3f}")
    return losses


def main():
    torch.manual_seed(0)
    model = make()
    train(model)
    with torch.no_grad():
        x = model.generator(torch.randn(1000, LATENT, dtype=torch.float32))
    angle = torch.atan2(x[:, 1], x[:, 0]) * (8 / (2 * math.pi))
    found = torch.bincount(angle.round().long() % 8, minlength=8)
    print(f"distance from the middle {x.norm(dim=1).mean().item():.2f}, points in each cloud {found.tolist()}")


if __name__ == "__main__":
    main()
