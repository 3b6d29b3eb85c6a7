using Upscale.Kernels;

namespace Upscale.Inference.Native;

/// <summary>Makes what follows a convolution a part of it, and a factor a part of the activation after it, and has the parts of a concatenation made in their places.</summary>
internal static class PlanFuser
{
    /// <summary>Changes the operations of a plan.</summary>
    public static void Fuse(PlanBuilder plan)
    {
        HashSet<PlanValue> kept = [.. plan.Outputs.Values.Select(v => v.Root)];
        for (int index = 0; index < plan.Operations.Count; index++)
        {
            if (plan.Operations[index].Kind is PlanKind.Convolve or PlanKind.ConvolveTransposed)
            {
                while (Absorb(plan, index, kept))
                {
                }
            }
        }

        foreach (PlanOperation scale in plan.Operations.Where(o => o is { Kind: PlanKind.Scale, Offset: 0 }).ToArray())
        {
            // Both signs of a map side by side, each cut off at 0: the other sign needs no map of its own.
            if (!kept.Contains(scale.Output) && Readers(plan, scale.Output) is [{ Kind: PlanKind.Activate } activate])
            {
                activate.Factor *= scale.Factor;
                activate.Inputs[0] = scale.Inputs[0];
                plan.Operations.Remove(scale);
            }
        }

        Place(plan);
    }

    private static bool Absorb(PlanBuilder plan, int index, HashSet<PlanValue> kept)
    {
        PlanOperation convolution = plan.Operations[index];
        PlanValue value = convolution.Output;
        if (kept.Contains(value) || Readers(plan, value) is not [var next] || next.Inputs.Count(i => i == value) != 1 || next.Residual == value || next.OuterResidual == value)
            return false;
        bool active = convolution.Slopes is not null;
        switch (next.Kind)
        {
            case PlanKind.Activate when !active && convolution.OuterResidual is null && convolution.OuterFactor == 1:
                convolution.Slopes = next.Slopes;
                convolution.ActivateLast = convolution.Residual is not null || convolution.Factor != 1;
                break;
            case PlanKind.Scale when next.Offset == 0 && convolution.Residual is null && !convolution.ActivateLast:
                convolution.Factor *= next.Factor;
                break;
            case PlanKind.Scale when next.Offset == 0 && convolution.OuterResidual is null:
                convolution.OuterFactor *= next.Factor;
                break;
            case PlanKind.Join when next.Arithmetic == Arithmetic.Add && convolution.OuterResidual is null:
                PlanValue other = next.Inputs[0] == value ? next.Inputs[1] : next.Inputs[0];
                if (!next.Output.IsLike(value) || other.Channels != value.Channels || !IsThere(plan, other, index))
                    return false;
                if (convolution.Residual is null && !convolution.ActivateLast)
                    convolution.Residual = other;
                else
                    convolution.OuterResidual = other;
                break;
            default:
                return false;
        }

        plan.Operations.Remove(next);
        convolution.Output = next.Output;
        convolution.Output.Producer = convolution;
        return true;
    }

    private static PlanOperation[] Readers(PlanBuilder plan, PlanValue value)
        => [.. plan.Operations.Where(o => o.Reads.Any(r => r.Root == value))];

    private static bool IsThere(PlanBuilder plan, PlanValue value, int index)
        => value.Root.Producer is not { } producer || plan.Operations.IndexOf(producer) is var at && at >= 0 && at < index;

    /// <summary>
    /// Gives the parts of concatenations places in the whole, the largest first: of a dense block, whose concatenations each begin with
    /// the one before, all lie in the memory of the last.
    /// </summary>
    private static void Place(PlanBuilder plan)
    {
        foreach ((PlanValue whole, PlanValue[] parts) in plan.Concatenations.AsEnumerable().Reverse().OrderByDescending(c => c.Whole.Channels))
        {
            PlanOperation copy = whole.Producer!;
            if (AlreadySideBySide(parts) is { } place)
            {
                (whole.Whole, whole.First) = (parts[0].Whole, place);
                plan.Operations.Remove(copy);
                continue;
            }

            int first = 0, at = plan.Operations.IndexOf(copy);
            plan.Operations.RemoveAt(at);
            foreach (PlanValue part in parts)
            {
                if (part.Whole is null && part.Producer is not null && whole.Root != part && !plan.Outputs.ContainsValue(part))
                {
                    (part.Whole, part.First) = (whole, first);
                }
                else
                {
                    PlanValue target = new(part.Height, part.Width, part.Channels) { Whole = whole, First = first };
                    PlanOperation own = new() { Kind = PlanKind.Copy, Inputs = [part], Output = target };
                    target.Producer = own;
                    plan.Operations.Insert(at++, own);
                }

                first += part.Channels;
            }
        }
    }

    /// <returns>The channel at which the parts begin where they already lie; null when they do not.</returns>
    private static int? AlreadySideBySide(PlanValue[] parts)
    {
        int next = parts[0].First;
        foreach (PlanValue part in parts)
        {
            if (part.Whole is null || part.Whole != parts[0].Whole || part.First != next || part.Top != 0 || part.Left != 0 || part.Whole.Height != part.Height || part.Whole.Width != part.Width)
                return null;
            next += part.Channels;
        }

        return parts[0].First;
    }
}
