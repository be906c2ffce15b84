"""A perceptron that tells three spirals apart, as it is written for PyTorch: only the imports are others.

In PyTorch they are ``import torch``, ``from torch import nn, optim`` and ``from torch.utils.data import ...``.
"""

import math
import tempfile
from pathlib import Path

import autograd_lite as torch
from autograd_lite import nn, optim
from autograd_lite.data import DataLoader, TensorDataset, random_split

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def data(n=300, dtype=torch.float32):
    """Return points of three spirals, and which one each is on."""
    r = torch.linspace(0.05, 1, n, dtype=dtype).repeat_interleave(3)
    label = torch.arange(3).tile((n,))
    angle = 4 * r + 2 * math.pi / 3 * label + 0.15 * torch.randn(3 * n, dtype=dtype)
    return TensorDataset(torch.stack([r * torch.sin(angle), r * torch.cos(angle)], dim=1), label)


class MLP(nn.Module):
    def __init__(self, hidden=64, p=0.1):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(2, hidden),
            nn.BatchNorm1d(hidden),
            nn.ReLU(),
            nn.Dropout(p),
            nn.Linear(hidden, hidden),
            nn.LeakyReLU(0.1),
            nn.Linear(hidden, 3),
        )

    def forward(self, x):
        return self.layers(x)


def make(dtype=torch.float32):
    return MLP().to(device).to(dtype)


def train(model, dataset, epochs=30):
    """Return the loss of each step."""
    loader = DataLoader(dataset, batch_size=32, shuffle=True, num_workers=0, drop_last=True)
    criterion = nn.CrossEntropyLoss(label_smoothing=0.05)
    optimizer = optim.Adam(model.parameters(), lr=1e-2, weight_decay=1e-5)
    scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=10, gamma=0.5)
    losses = []
    model.train()
    for _ in range(epochs):
        for x, y in loader:
            x, y = x.to(device), y.to(device)
            optimizer.zero_grad(set_to_none=True)
            loss = criterion(model(x), y)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
            optimizer.step()
            losses.append(loss.item())
        scheduler.step()
    return losses


@torch.no_grad()
def accuracy(model, dataset):
    model.eval()
    correct, total = 0, 0
    for x, y in DataLoader(dataset, batch_size=256):
        predicted = model(x.to(device)).argmax(dim=1)
        correct += (predicted == y.to(device)).sum().item()
        total += y.shape[0]
    return correct / total


def main():
    torch.manual_seed(0)
    training, test = random_split(data(), [0.8, 0.2], generator=torch.Generator().manual_seed(0))
    model = make()
    losses = train(model, training)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "mlp.pt")
        torch.save(model.state_dict(), path)
        again = make()
        again.load_state_dict(torch.load(path, map_location=device, weights_only=True))
    print(f"loss {losses[0]:.3f} to {losses[-1]:.3f}, accuracy {accuracy(again, test):.3f}")


if __name__ == "__main__":
    main()
