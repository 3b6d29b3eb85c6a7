#Requires -Version 7.6
#Requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.5' }

# For users with PowerShell and Pester: Invoke-Pester ./tests. The module must have been built.

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot '..' 'Upscale.psd1') -Force
    $images = Join-Path $PSScriptRoot 'data' 'images'
    $photograph = Join-Path $images 'x4' 'chelsea.png'
}

Describe 'Importing' {
    It 'exports the cmdlets and nothing else' {
        (Get-Module Upscale).ExportedCommands.Keys | Sort-Object | Should -Be @(
            'Add-UpscaleStage', 'Clear-UpscaleSession', 'Compare-UpscaleImage', 'Export-UpscalePipeline', 'Get-UpscaleDevice', 'Get-UpscaleModel', 'Get-UpscalePipeline', 'Get-UpscalePlugin',
            'Get-UpscaleSession', 'Get-UpscaleStage', 'Import-UpscaleModel', 'Import-UpscalePipeline', 'Invoke-Upscale', 'Measure-UpscaleModel', 'New-UpscalePipeline', 'New-UpscalePlugin', 'Remove-UpscaleStage', 'Set-UpscaleStage', 'Test-UpscalePipeline')
    }

    It 'keeps its dependencies out of the default load context' {
        $null = Invoke-Upscale -LiteralPath $photograph -Destination TestDrive:/import
        $default = [System.Runtime.Loader.AssemblyLoadContext]::Default.Assemblies.ForEach({ $_.GetName().Name })
        $default -like 'Upscale.*' | Sort-Object | Should -Be @('Upscale.Abstractions', 'Upscale.Loader')
        $default | Should -Not -Contain 'NetVips'
        $default | Should -Not -Contain 'Microsoft.ML.OnnxRuntime'
        $default | Should -Not -Contain 'McMaster.NETCore.Plugins'
    }

    It 'can be removed and imported again' {
        Remove-Module Upscale
        Import-Module (Join-Path $PSScriptRoot '..' 'Upscale.psd1')
        (Get-UpscaleStage gan).Id | Should -Be 'gan'
    }

    It 'is found by name on the module path' {
        $script = { $env:PSModulePath = $args[0]; (Get-UpscaleStage gan).Id; (Get-Module Upscale).ModuleBase }
        $root = Split-Path $PSScriptRoot
        $link = New-Item -ItemType SymbolicLink -Path TestDrive:/Upscale -Target $root
        pwsh -NoProfile -Command $script -args (Split-Path (Convert-Path $link.PSPath)) | Select-Object -First 1 | Should -Be 'gan'
    }
}

Describe 'The main job' {
    BeforeEach {
        $folder = Join-Path $TestDrive (New-Guid)
        $null = New-Item -ItemType Directory $folder
        Copy-Item (Join-Path $images 'x4' '*.png') $folder
    }

    It 'enlarges what Get-ChildItem lists, in order' {
        $sources = Get-ChildItem $folder -Filter *.png
        $results = $sources | Invoke-Upscale -Model anime4k-cnn-2x-l-an -ThrottleLimit 4
        $results.Source | Should -Be $sources.FullName
        $results | ForEach-Object { $_.Scale | Should -Be 2 }
    }

    It 'pipes into Get-Item and into itself' {
        (Get-ChildItem $folder/chelsea.png | Invoke-Upscale -Stage interpolation -Scale 2 | Get-Item).Name | Should -Be 'chelsea_2x.png'
        (Get-Item $folder/coffee.png | Invoke-Upscale -Stage interpolation -Scale 2 | Invoke-Upscale -Stage interpolation -Scale 2).Scale | Should -Be 2
    }

    It 'takes paths of a PowerShell drive' {
        $null = New-PSDrive -Name Pictures -PSProvider FileSystem -Root $folder
        (Invoke-Upscale Pictures:/che*.png -Stage interpolation -Scale 2 -Destination Pictures:/out).Path | Should -Be (Join-Path $folder 'out' 'chelsea_2x.png')
    }

    It 'takes relative paths from the current location' {
        Push-Location $folder
        try {
            (Invoke-Upscale ./chelsea.png -Stage interpolation -Scale 2).Path | Should -Be (Join-Path $folder 'chelsea_2x.png')
        }
        finally {
            Pop-Location
        }
    }

    It 'takes names with brackets from Get-ChildItem and by -LiteralPath' {
        $name = 'תמונה 図 [1] é.png'
        Copy-Item $photograph (Join-Path $folder $name)
        Get-ChildItem $folder | Where-Object Name -EQ $name | Invoke-Upscale -Stage interpolation -Scale 2 | Should -HaveCount 1
        Invoke-Upscale -LiteralPath (Join-Path $folder $name) -Stage interpolation -Scale 3 | Should -HaveCount 1
    }

    It 'stops when the reader has enough' {
        $first = Get-ChildItem $folder -Filter *.png | Invoke-Upscale -Stage interpolation -Scale 2 | Select-Object -First 1
        $first | Should -HaveCount 1
        Get-ChildItem $folder -Force -Recurse | Where-Object Extension -NE '.png' | Should -BeNullOrEmpty
    }

    It 'shares loaded networks with thread jobs' {
        $job = Start-ThreadJob {
            Import-Module $using:PSScriptRoot/../Upscale.psd1
            Invoke-Upscale $using:photograph -Destination $using:folder/job -Model waifu2x-upconv7-anime-scale2x
        }
        ($job | Receive-Job -Wait -AutoRemoveJob).Device | Should -Be 'Cpu'
        (Get-UpscaleSession waifu2x-upconv7-anime-scale2x).Loads | Should -Be 1
    }

    It 'runs in a job of its own process, and the result pipes on' {
        $stage = @{ id = 'interpolation'; scale = 2 }
        $job = Start-Job {
            Import-Module $using:PSScriptRoot/../Upscale.psd1
            Invoke-Upscale $using:photograph -Destination $using:folder/job -Stage $using:stage
        }
        ($job | Receive-Job -Wait -AutoRemoveJob | Invoke-Upscale -Stage interpolation -Scale 0.5).Width | Should -Be 106
    }
}

Describe 'Errors' {
    It 'are one record a bad picture, with id and path, and the rest go on' {
        $bad = Join-Path $TestDrive 'bad.png'
        Set-Content $bad 'no picture'
        $results = $bad, $photograph | Invoke-Upscale -Stage interpolation -Scale 2 -Destination TestDrive:/errors -ErrorAction SilentlyContinue -ErrorVariable problems
        $results | Should -HaveCount 1
        $problems | Should -HaveCount 1
        $problems[0].FullyQualifiedErrorId | Should -Be 'FormatNotSupported,Upscale.Commands.InvokeUpscaleCommand'
        $problems[0].CategoryInfo.Category | Should -Be InvalidData
        $problems[0].TargetObject | Should -Be $bad
    }

    It 'end the command when nothing could be done' {
        { Invoke-Upscale $photograph -Stage nope } | Should -Throw -ErrorId 'StageNotFound,Upscale.Commands.InvokeUpscaleCommand'
    }
}

Describe 'Completion' {
    It 'offers <expected> for <line>' -TestCases @(
        @{ line = 'Invoke-Upscale a.png -Model realesr-g'; expected = 'realesr-general-x4v3' }
        @{ line = 'Invoke-Upscale a.png -Stage interpolation:kernel=mit'; expected = 'interpolation:kernel=mitchell' }
        @{ line = 'Invoke-Upscale a.png -Device Cp'; expected = 'Cpu' }
        @{ line = 'Invoke-Upscale a.png -Format jp'; expected = 'jpeg' }
    ) {
        (TabExpansion2 $line -cursorColumn $line.Length).CompletionMatches.CompletionText | Should -Be $expected
    }
}

Describe 'Pipelines' {
    BeforeAll {
        $pipeline = New-UpscalePipeline -Name two | Add-UpscaleStage gan -Model anime4k-cnn-2x-l-an | Add-UpscaleStage interpolation -Scale 1.5
    }

    It 'goes to a job in another process' {
        $root = Split-Path $PSScriptRoot
        $job = Start-Job { param($p, $file, $root, $out) Import-Module "$root/Upscale.psd1"; Invoke-Upscale $file -Pipeline $p -Destination $out } -ArgumentList $pipeline, $photograph, $root, (Join-Path (Convert-Path TestDrive:/) job)
        $result = $job | Receive-Job -Wait -AutoRemoveJob -ErrorAction Stop
        $result.Pipeline | Should -Be 'two'
        $result.Scale | Should -Be 3
    }

    It 'goes to the runspaces of ForEach-Object -Parallel' {
        $out = Join-Path (Convert-Path TestDrive:/) parallel
        $root = Split-Path $PSScriptRoot
        $results = 1..3 | ForEach-Object -Parallel { Import-Module "$using:root/Upscale.psd1"; Invoke-Upscale $using:photograph -Pipeline $using:pipeline -Destination $using:out -NameFormat "{name}-$_" } -ThrottleLimit 3
        $results.Pipeline | Should -Be @('two', 'two', 'two')
    }
}
